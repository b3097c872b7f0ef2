// Traps, panics, exceptions and errors of the host: what stops, and what is told of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { programs, sources } from './support/guests.js';
import { Session, THREAD } from './support/session.js';

const { archiveHeader, assertion, divide, exceptions } = sources;

function launch(t, program, args, filters, options) {
  return Session.launch(
    t,
    { program, args },
    {
      configure: (session) => filters && session.exceptions(filters, options),
    },
  );
}

function info(session) {
  return session.request('exceptionInfo', { threadId: THREAD });
}

test('the filters and which of them are on by default are announced', async (t) => {
  const session = await Session.start(t);
  const { exceptionBreakpointFilters: filters } = await session.initialize();
  const defaults = Object.fromEntries(filters.map((filter) => [filter.filter, filter.default]));
  assert.deepEqual(defaults, { trap: true, panic: true, host: true, uncaught: true, caught: false });
  const conditional = filters.filter((filter) => filter.supportsCondition).map((filter) => filter.filter);
  assert.deepEqual(conditional, ['uncaught', 'caught']);
  for (const filter of filters) {
    assert.notEqual(filter.label, '');
    assert.notEqual(filter.description, '');
    if (filter.supportsCondition) assert.notEqual(filter.conditionDescription, '');
  }
});

test('setExceptionBreakpoints says of each filter whether it is known', async (t) => {
  const session = await Session.launch(
    t,
    { program: programs.hello },
    {
      configure: async (session) => {
        const { breakpoints } = await session.exceptions(
          ['trap', 'nonsense'],
          [{ filterId: 'caught', condition: 'a, b' }, { filterId: 'other' }],
        );
        assert.deepEqual(
          breakpoints.map((breakpoint) => breakpoint.verified),
          [true, false, true, false],
        );
        assert.match(breakpoints[1].message, /nonsense/);
        assert.match(breakpoints[3].message, /other/);
      },
    },
  );
  assert.equal(await session.ended(), 0);
});

test('a trap stops before anything is unwound, and exceptionInfo tells of it', async (t) => {
  const session = await launch(t, programs.crash, [], ['trap']);
  const stopped = await session.stopped('exception');
  assert.match(stopped.description, /trap/);
  assert.match(stopped.text, /out of bounds memory access: address 0x22010000/);
  const told = await info(session);
  assert.equal(told.exceptionId, 'trap');
  assert.equal(told.breakMode, 'unhandled');
  assert.match(told.description, /out of bounds memory access: address 0x22010000/);
  assert.match(told.description, /pointer is damaged/);
  assert.match(told.details.message, /out of bounds/);
  const lines = told.details.stackTrace.split('\n');
  const fault = archiveHeader.line('return (uint16_t)(at[0]');
  assert.match(lines[0], new RegExp(`load_u16.*archive\\.h:${fault}`));
  assert.match(lines[1], /archive_summarize/);
  const top = await session.top();
  assert.equal(top.source.path, archiveHeader.path);
  assert.equal(top.line, fault);
  assert.equal(await session.value('day', 'watch', { frameId: (await session.frame('print_day')).id }), '2');
  assert.equal(await session.finish(), 134);
});

test('a trap that nobody wants to hear of ends the program', async (t) => {
  const session = await launch(t, programs.crash, [], ['panic', 'host', 'uncaught', 'caught']);
  assert.equal(await session.ended(), 134);
  assert.match(session.said(), /out of bounds memory access/);
});

test('traps stop by default', async (t) => {
  const session = await launch(t, programs.divide, ['1', '0']);
  const stopped = await session.stopped('exception');
  assert.match(stopped.text, /divide by zero/);
  assert.equal((await session.top()).line, divide.line('return dividend / divisor;'));
  assert.equal(await session.value('divisor'), '0');
});

test('filters may be changed at a stop', async (t) => {
  const session = await Session.launch(
    t,
    { program: programs.divide, args: ['1', '0'] },
    {
      configure: (session) => session.functionBreakpoints('divide'),
    },
  );
  await session.stopped('function breakpoint');
  await session.exceptions([]);
  assert.equal(await session.finish(), 134);
});

test('exceptionInfo is refused at a stop that is no exception', async (t) => {
  const session = await Session.launch(t, { program: programs.hello, stopOnEntry: true });
  await session.stopped('entry');
  assert.match(await session.refusal('exceptionInfo', { threadId: THREAD }), /not stopped at an exception/);
});

test('endless recursion stops as a trap', async (t) => {
  const session = await launch(t, programs.recursion, [], ['trap']);
  const stopped = await session.stopped('exception');
  assert.match(stopped.text, /stack/);
  assert.equal((await session.top()).name, 'descend');
  const told = await info(session);
  assert.ok(told.details.stackTrace.split('\n').length >= 32);
});

test('a failed assertion stops where it stands in the source', async (t) => {
  const session = await launch(t, programs.assertion, [], ['panic']);
  await session.stopped('exception');
  const told = await info(session);
  assert.match(told.description, /queue->length < queue->capacity/);
  assert.equal(told.breakMode, 'unhandled');
  const frames = await session.frames();
  const push = frames.find((frame) => frame.name === 'push');
  assert.equal(push.line, assertion.line('assert(queue->length'));
  assert.equal(await session.value('queue->length', 'watch', { frameId: push.id }), '2');
});

test('a failed assertion that nobody wants to hear of goes on to its trap', async (t) => {
  const session = await launch(t, programs.assertion, [], ['trap']);
  const stopped = await session.stopped('exception');
  assert.match(stopped.text, /unreachable/);
  assert.equal((await info(session)).exceptionId, 'trap');
  assert.match(session.output('stderr'), /Assertion failed/);
});

test('an uncaught exception stops where it is thrown', async (t) => {
  const session = await launch(t, programs.exceptions, ['uncaught'], ['uncaught']);
  const stopped = await session.stopped('exception');
  assert.match(stopped.text, /an exception was thrown/);
  const told = await info(session);
  assert.equal(told.breakMode, 'unhandled');
  assert.match(told.description, /nothing .*catches it/);
  assert.equal((await session.top()).name, 'main');
});

test(
  'an uncaught exception stops where it is thrown though destructors run on its way',
  { todo: 'it stops where the last destructor has run and the exception goes on' },
  async (t) => {
    const session = await launch(t, programs.exceptions, ['uncaught'], ['uncaught']);
    await session.stopped('exception');
    const main = await session.frame('main');
    assert.equal(main.line, exceptions.line('throw OutOfStock(12);'));
    assert.equal(session.output('stdout'), '');
  },
);

test('exceptions that are caught stop nothing unless that is wanted', async (t) => {
  const session = await launch(t, programs.exceptions, [], ['uncaught', 'trap', 'panic', 'host']);
  assert.equal(await session.ended(), 0);
  assert.match(session.output('stdout'), /out of stock: 2 missing \(2\)/);
});

test('a caught exception stops where it is thrown, and who catches it is told', async (t) => {
  const session = await launch(t, programs.exceptions, [], ['caught']);
  await session.stopped('exception');
  const told = await info(session);
  assert.notEqual(told.breakMode, 'unhandled');
  // It cleans up, and throws on.
  assert.match(told.description, /caught in .*Limited::take/);
  const frames = await session.frames();
  const line = exceptions.line('if (count > left) throw OutOfStock');
  assert.ok(frames.some((frame) => frame.line === line && frame.source.path === exceptions.path));
  await session.exceptions([]);
  assert.equal(await session.finish(), 0);
});

test('exception filters take names of tags', async (t) => {
  const other = await launch(t, programs.tags, [], [], [{ filterId: 'caught', condition: 'burnt' }]);
  assert.equal(await other.ended(), 134);
  assert.match(other.said(), /not caught/);
  const caught = await launch(
    t,
    programs.tags,
    [],
    [],
    [
      { filterId: 'caught', condition: 'boiled, spilled' },
      { filterId: 'uncaught', condition: 'spilled' },
    ],
  );
  await caught.stopped('exception');
  const told = await info(caught);
  assert.equal(told.exceptionId, 'spilled');
  assert.match(told.description, /caught in careful/);
  assert.equal(await caught.finish(), 134);
  const uncaught = await launch(t, programs.tags, [], [], [{ filterId: 'uncaught', condition: 'burnt' }]);
  await uncaught.stopped('exception');
  assert.equal((await info(uncaught)).exceptionId, 'burnt');
  assert.equal((await uncaught.top()).name, 'throw_burnt');
});

test('an error of the host stops', async (t) => {
  const session = await launch(t, programs.noMemory, [], ['host']);
  const stopped = await session.stopped('exception');
  assert.match(stopped.text, /memory/);
  const told = await info(session);
  assert.match(told.description, /memory/);
  assert.notEqual(await session.finish(), 0);
  const silent = await launch(t, programs.noMemory, [], []);
  assert.notEqual(await silent.ended(), 0);
  assert.match(silent.said(), /memory/);
});

test('an exception out of a function that promised none is told', async (t) => {
  const session = await launch(t, programs.exceptions, ['noexcept'], ['uncaught', 'trap', 'panic']);
  await session.stopped('exception');
  const names = (await session.frames()).map((frame) => frame.name);
  assert.ok(
    names.some((name) => name.includes('promised')),
    names.join('\n'),
  );
});
