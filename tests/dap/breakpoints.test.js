// Breakpoints at lines, columns, functions and instructions; conditions, counts and log points.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { programs, sources } from './support/guests.js';
import { Session, THREAD } from './support/session.js';

const { embedded, ledger, loop, report, steps, stock, unicode, valuesC } = sources;

function launch(t, program, configure, options = {}) {
  return Session.launch(t, { program, ...options }, { configure });
}

test('a breakpoint at a line stops there', async (t) => {
  const line = steps.line('total += i;');
  let breakpoint;
  const session = await launch(t, programs.steps, async (session) => {
    [breakpoint] = await session.breakpoints(steps, line);
  });
  assert.equal(breakpoint.verified, true);
  assert.equal(breakpoint.line, line);
  assert.equal(breakpoint.source.path, steps.path);
  assert.match(breakpoint.instructionReference, /^0x4/);
  const stopped = await session.stopped('breakpoint');
  assert.deepEqual(stopped.hitBreakpointIds, [breakpoint.id]);
  const top = await session.top();
  assert.equal(top.line, line);
  assert.equal(top.name, 'count');
  assert.equal(top.source.path, steps.path);
});

test('a breakpoint at a line without code moves to the next with code, or is not verified', async (t) => {
  const empty = steps.line('static int square(int x) {', -1);
  let told;
  const session = await launch(t, programs.steps, async (session) => {
    told = await session.breakpoints(steps, empty, steps.lines.length + 100);
  });
  assert.equal(told[0].verified, true);
  assert.ok(told[0].line > empty);
  assert.equal(told[1].verified, false);
  assert.notEqual(told[1].message ?? '', '');
  await session.stopped('breakpoint');
  assert.equal((await session.top()).line, told[0].line);
});

test('a breakpoint in a file of no program is not verified, and says why', async (t) => {
  const session = await launch(t, programs.steps, async (session) => {
    const [breakpoint] = await session.breakpoints({ path: '/nowhere/other.c' }, 3);
    assert.equal(breakpoint.verified, false);
    assert.equal(typeof breakpoint.id, 'number');
    assert.match(breakpoint.message, /other\.c/);
  });
  assert.equal(await session.ended(), 0);
});

test('a breakpoint at a column stops within the line', async (t) => {
  const line = steps.line('for (int i = 0; i < rounds; i++) {');
  const column = steps.column(line, 'i++');
  const session = await launch(t, programs.steps, async (session) => {
    // The end of a round is a place of its own, by a column in front of it.
    const [breakpoint] = await session.breakpoints(steps, { line, column: column - 1 });
    assert.equal(breakpoint.verified, true);
    assert.equal(breakpoint.line, line);
    session.column = breakpoint.column;
    assert.ok(Math.abs(session.column - column) <= 1, `column ${session.column}`);
  });
  await session.stopped('breakpoint');
  const top = await session.top();
  assert.equal(top.line, line);
  assert.equal(top.column, session.column);
  assert.equal(await session.value('i'), '0');
  await session.step('continue');
  assert.equal(await session.value('i'), '1');
});

test('breakpointLocations tells where there can be breakpoints', async (t) => {
  const session = await launch(t, programs.steps, async (session) => {
    const locate = async (args) => {
      const body = await session.request('breakpointLocations', { source: { path: steps.path }, ...args });
      return body.breakpoints;
    };
    const line = steps.line('for (int i = 0; i < rounds; i++) {');
    const within = await locate({ line });
    // The beginning, and the end of a round: at the comparison the compiler has no statement begin.
    assert.equal(within.length, 2);
    assert.ok(within.every((place) => place.line === line && place.column > 0));
    const columns = within.map((place) => place.column);
    assert.deepEqual(
      columns,
      columns.toSorted((a, b) => a - b),
    );
    assert.deepEqual(await locate({ line, column: columns[1] }), within.slice(1));
    const all = await locate({ line: line - 2, endLine: line + 1 });
    const lines = [...new Set(all.map((place) => place.line))];
    assert.deepEqual(lines, [line - 2, line - 1, line, line + 1]);
    assert.deepEqual(await locate({ line: 1, endLine: 5 }), []);
    assert.deepEqual(await locate({ line: 10000 }), []);
    const elsewhere = await session.request('breakpointLocations', {
      source: { path: '/nowhere.c' },
      line: 1,
    });
    assert.deepEqual(elsewhere.breakpoints, []);
  });
  assert.equal(await session.ended(), 0);
});

test('all breakpoints of a file are replaced, those that stay keep their numbers', async (t) => {
  const [first, second] = [steps.line('int rest = factorial'), steps.line('return n * rest;')];
  const session = await launch(t, programs.steps, async (session) => {
    const before = await session.breakpoints(steps, first, second);
    const after = await session.breakpoints(steps, second);
    assert.equal(after.length, 1);
    assert.equal(after[0].id, before[1].id);
  });
  await session.stopped('breakpoint');
  assert.equal((await session.top()).line, second);
  await session.breakpoints(steps);
  assert.equal(await session.finish(), 0);
});

test('breakpoints of several files are kept apart', async (t) => {
  const session = await launch(t, programs.stock, async (session) => {
    await session.breakpoints(stock, stock.line('stock::Money price'));
    const [breakpoint] = await session.breakpoints(ledger, ledger.line('auto units = total'));
    assert.equal(breakpoint.verified, true);
    assert.equal(breakpoint.source.path, ledger.path);
  });
  await session.stopped('breakpoint');
  assert.equal((await session.top()).source.path, stock.path);
  await session.step('continue');
  assert.equal((await session.top()).source.path, ledger.path);
});

test('lines may be given in the old way', async (t) => {
  const line = steps.line('total += i;');
  const session = await launch(t, programs.steps, async (session) => {
    const { breakpoints } = await session.request('setBreakpoints', {
      source: { path: steps.path },
      lines: [line],
    });
    assert.equal(breakpoints[0].verified, true);
  });
  await session.stopped('breakpoint');
  assert.equal((await session.top()).line, line);
});

test('a breakpoint with a condition stops when it holds', async (t) => {
  const line = steps.line('total += i;');
  const session = await launch(t, programs.steps, (session) =>
    session.breakpoints(steps, { line, condition: 'i == 1234 && total > 0' }),
  );
  await session.stopped('breakpoint');
  assert.equal(await session.value('i'), '1234');
  assert.equal(await session.value('total'), String((1234 * 1233) / 2));
});

test('a breakpoint whose condition never holds never stops', async (t) => {
  const session = await launch(t, programs.steps, (session) =>
    session.breakpoints(steps, { line: steps.line('int rest = factorial'), condition: 'n > 5' }),
  );
  assert.equal(await session.ended(), 0);
  assert.match(session.output('stdout'), /^120$/m);
});

test('a breakpoint whose condition cannot be evaluated stops and tells why', async (t) => {
  const session = await launch(t, programs.steps, (session) =>
    session.breakpoints(steps, { line: steps.line('total += i;'), condition: 'nothing_like_it > 0' }),
  );
  await session.stopped('breakpoint');
  assert.match(session.said(), /condition of breakpoint 1/);
  assert.match(session.said(), /nothing_like_it/);
});

test('a condition that is no expression is told', async (t) => {
  let told;
  const session = await launch(t, programs.steps, async (session) => {
    [told] = await session.breakpoints(steps, { line: steps.line('total += i;'), condition: 'i ==' });
  });
  const { name } = await session.next(['stopped', 'terminated']);
  // Either it is refused when it is set, or it stops and says so.
  if (told.verified) {
    assert.equal(name, 'stopped');
    assert.match(session.said(), /condition/);
  } else {
    assert.notEqual(told.message ?? '', '');
  }
});

test('a breakpoint with a hit condition counts', async (t) => {
  const line = steps.line('total += i;');
  const session = await launch(t, programs.steps, (session) =>
    session.breakpoints(steps, { line, hitCondition: '3' }),
  );
  await session.stopped('breakpoint');
  assert.equal(await session.value('i'), '2');
  await session.breakpoints(steps, { line, condition: 'i > 10', hitCondition: '>= 5' });
  await session.step('continue');
  assert.equal(await session.value('i'), '15');
  await session.step('continue');
  assert.equal(await session.value('i'), '16');
  const [bad] = await session.breakpoints(steps, { line, hitCondition: 'often' });
  assert.equal(bad.verified, false);
  assert.match(bad.message, /often|number|hit/);
  assert.equal(await session.finish(), 0);
});

test('a hit condition can be every so many', async (t) => {
  const line = steps.line('total += i;');
  const session = await launch(t, programs.steps, (session) =>
    session.breakpoints(steps, { line, hitCondition: '% 250' }),
  );
  const seen = [];
  await session.stopped('breakpoint');
  seen.push(await session.value('i'));
  for (let i = 0; i < 3; i++) {
    await session.step('continue');
    seen.push(await session.value('i'));
  }
  assert.deepEqual(seen, ['249', '499', '749', '999']);
});

test('a log point writes its message and does not stop', async (t) => {
  const session = await launch(t, programs.crash, async (session) => {
    await session.exceptions([]);
    const line = report.line('struct summary summary = archive_summarize');
    const [breakpoint] = await session.breakpoints(report, {
      line,
      logMessage: 'day {day} of {archive->days}, {{braces}} {no_such_thing}',
    });
    assert.equal(breakpoint.verified, true);
  });
  assert.equal(await session.ended(), 134);
  const lines = session
    .said()
    .split('\n')
    .filter((line) => line.startsWith('day '));
  assert.equal(lines.length, 3);
  lines.forEach((line, day) => {
    assert.ok(line.startsWith(`day ${day} of 3, {braces} `), line);
    assert.match(line, /no_such_thing/);
  });
});

test('a log point with a condition and a count writes only then', async (t) => {
  const session = await launch(t, programs.steps, (session) =>
    session.breakpoints(steps, {
      line: steps.line('int rest = factorial'),
      condition: 'n < 5',
      hitCondition: '>= 2',
      logMessage: 'at {n}',
    }),
  );
  assert.equal(await session.ended(), 0);
  assert.equal(session.output('console'), 'at 3\nat 2\n');
});

test('a log point whose message is not complete is not verified', async (t) => {
  const session = await launch(t, programs.steps, async (session) => {
    const [breakpoint] = await session.breakpoints(steps, {
      line: steps.line('total += i;'),
      logMessage: 'at {i',
    });
    assert.equal(breakpoint.verified, false);
    assert.notEqual(breakpoint.message ?? '', '');
  });
  assert.equal(await session.ended(), 0);
});

test('breakpoints may be set while the program runs', async (t) => {
  const session = await launch(t, programs.loop);
  await session.event('process');
  const [breakpoint] = await session.breakpoints(loop, loop.line('rounds++;'));
  assert.equal(breakpoint.verified, true);
  const stopped = await session.stopped('breakpoint');
  assert.deepEqual(stopped.hitBreakpointIds, [breakpoint.id]);
  assert.equal((await session.top()).name, 'tick');
  // Without it the program runs on: it would stop before it could be said to be running.
  await session.request('continue', { threadId: THREAD });
  await session.stopped('breakpoint');
  await session.breakpoints(loop);
  await session.evaluate('done = 1', 'repl');
  assert.equal(await session.finish(), 0);
});

test('function breakpoints stop where functions begin', async (t) => {
  let told;
  const session = await launch(t, programs.steps, async (session) => {
    told = await session.functionBreakpoints('weigh', 'no_such_function', 'calls');
  });
  assert.deepEqual(
    told.map((breakpoint) => breakpoint.verified),
    [true, false, true],
  );
  assert.match(told[1].message, /no_such_function/);
  const first = await session.stopped('function breakpoint');
  assert.deepEqual(first.hitBreakpointIds, [told[2].id]);
  assert.equal((await session.top()).name, 'calls');
  assert.equal(await session.value('x'), '3');
  const second = await session.step('continue');
  assert.deepEqual(second.hitBreakpointIds, [told[0].id]);
  assert.match(await session.value('node->name'), /^0x[0-9a-f]+ .*"first"$/);
  await session.functionBreakpoints();
  assert.equal(await session.finish(), 0);
});

test('function breakpoints have conditions and counts', async (t) => {
  const session = await launch(t, programs.steps, (session) =>
    session.functionBreakpoints({ name: 'factorial', condition: 'n < 4', hitCondition: '2' }),
  );
  await session.stopped('function breakpoint');
  assert.equal(await session.value('n'), '2');
  // A plain number stands for the hits from that on.
  await session.step('continue');
  assert.equal(await session.value('n'), '1');
  assert.equal(await session.finish(), 0);
});

test('function breakpoints know C++ names, Rust paths and parts of them', async (t) => {
  const cpp = await launch(t, programs.stock, async (session) => {
    const told = await session.functionBreakpoints('stock::Ledger<int>::unit_price');
    assert.equal(told[0].verified, true);
  });
  await cpp.stopped('function breakpoint');
  assert.match((await cpp.top()).name, /^stock::Ledger<int>::unit_price/);
  const rust = await launch(t, programs.valuesRust, async (session) => {
    const told = await session.functionBreakpoints('values::sequences');
    assert.equal(told[0].verified, true);
  });
  await rust.stopped('function breakpoint');
  assert.match((await rust.top()).name, /^values::sequences/);
});

test('instruction breakpoints stop at instructions', async (t) => {
  const session = await launch(t, programs.steps, (session) => session.functionBreakpoints('square'));
  await session.stopped();
  const { instructionPointerReference: here } = await session.top();
  const { instructions } = await session.request('disassemble', {
    memoryReference: here,
    instructionCount: 4,
  });
  const { breakpoints } = await session.request('setInstructionBreakpoints', {
    breakpoints: [
      { instructionReference: instructions[2].address },
      {
        instructionReference: here,
        offset: Number(BigInt(instructions[3].address) - BigInt(here)),
        condition: 'x == 4',
      },
      { instructionReference: '0x10' },
      { instructionReference: 'nothing' },
    ],
  });
  assert.deepEqual(
    breakpoints.map((breakpoint) => breakpoint.verified),
    [true, true, false, false],
  );
  assert.match(breakpoints[2].message, /no place in code/);
  assert.equal(breakpoints[0].instructionReference, instructions[2].address);
  await session.functionBreakpoints();
  const stopped = await session.step('continue');
  assert.equal(stopped.reason, 'instruction breakpoint');
  assert.deepEqual(stopped.hitBreakpointIds, [breakpoints[0].id]);
  assert.equal((await session.top()).instructionPointerReference, instructions[2].address);
  const again = await session.step('continue');
  assert.deepEqual(again.hitBreakpointIds, [breakpoints[0].id]);
  assert.equal(await session.value('x'), '4');
  const other = await session.step('continue');
  assert.deepEqual(other.hitBreakpointIds, [breakpoints[1].id]);
  await session.request('setInstructionBreakpoints', { breakpoints: [] });
  assert.equal(await session.finish(), 0);
});

test('a program without debug information has breakpoints in the text of its instructions', async (t) => {
  const session = await launch(t, programs.plain, undefined, { stopOnEntry: true });
  await session.stopped('entry');
  const { source } = await session.top();
  assert.ok(source.sourceReference > 0);
  const { content } = await session.request('source', { sourceReference: source.sourceReference, source });
  const line = content.split('\n').findIndex((text) => text.includes('global.set')) + 1;
  assert.ok(line > 0, content);
  const { breakpoints } = await session.request('setBreakpoints', {
    source,
    breakpoints: [{ line }, { line: 10000 }],
  });
  assert.equal(breakpoints[0].verified, true);
  assert.equal(breakpoints[0].line, line);
  assert.equal(breakpoints[0].source.sourceReference, source.sourceReference);
  assert.equal(breakpoints[1].verified, false);
  await session.step('continue');
  const top = await session.top();
  assert.equal(top.line, line);
  assert.equal(await session.finish(), 0);
});

test('what WebAssembly itself has can be evaluated without debug information', async (t) => {
  const session = await launch(t, programs.plain, undefined, { stopOnEntry: true });
  await session.stopped('entry');
  const [global] = await session.variables((await session.scope('WebAssembly globals')).variablesReference);
  assert.equal(await session.value(global.evaluateName), '7');
  assert.equal(await session.value('$global0 + 1', 'repl'), '8');
  assert.equal(await session.value('2 * 21'), '42');
});

test('the innermost scope of a name is meant by a condition', async (t) => {
  const line = valuesC.lineAfter('int value = (int)any(3);', 'mark();');
  const session = await launch(t, programs.valuesC, (session) =>
    session.breakpoints(valuesC, { line, condition: 'value == 3' }),
  );
  await session.stopped('breakpoint');
  assert.equal((await session.top()).name, 'scopes');
});

test('a source that only the debug information has can be read, and has breakpoints', async (t) => {
  const line = embedded.line('// once in a round');
  const session = await launch(t, programs.embedded, undefined, { stopOnEntry: true });
  await session.stopped('entry');
  const { sources: loaded } = await session.request('loadedSources');
  const source = loaded.find((source) => source.name === 'embedded.c');
  assert.ok(source.sourceReference > 0);
  const { content } = await session.request('source', { source, sourceReference: source.sourceReference });
  assert.equal(content, embedded.lines.join('\n'));
  const { breakpoints } = await session.request('setBreakpoints', { source, breakpoints: [{ line }] });
  assert.equal(breakpoints[0].verified, true);
  assert.equal(breakpoints[0].line, line);
  assert.equal(breakpoints[0].source.sourceReference, source.sourceReference);
  await session.step('continue');
  const top = await session.top();
  assert.equal(top.line, line);
  assert.equal(top.source.sourceReference, source.sourceReference);
  assert.equal(await session.value('i'), '1');
});

test('breakpointLocations knows sources that only the debug information has', async (t) => {
  const session = await launch(t, programs.embedded, undefined, { stopOnEntry: true });
  await session.stopped('entry');
  const { sources: loaded } = await session.request('loadedSources');
  const source = loaded.find((source) => source.name === 'embedded.c');
  const line = embedded.line('// once in a round');
  const { breakpoints } = await session.request('breakpointLocations', { source, line });
  assert.deepEqual(
    breakpoints.map((place) => place.line),
    [line],
  );
});

test('breakpointLocations knows the text of instructions', async (t) => {
  const session = await launch(t, programs.plain, undefined, { stopOnEntry: true });
  await session.stopped('entry');
  const { source } = await session.top();
  const { breakpoints } = await session.request('breakpointLocations', { source, line: 1, endLine: 3 });
  assert.deepEqual(
    breakpoints.map((place) => place.line),
    [1, 2, 3],
  );
  const beyond = await session.request('breakpointLocations', { source, line: 1000 });
  assert.deepEqual(beyond.breakpoints, []);
});

test('columns are counted in the units of UTF-16', async (t) => {
  const line = unicode.line('add(1);');
  const column = unicode.column(line, 'add(1)');
  const session = await launch(t, programs.unicode, async (session) => {
    const [breakpoint] = await session.breakpoints(unicode, { line, column });
    assert.equal(breakpoint.column, column);
  });
  await session.stopped('breakpoint');
  assert.equal((await session.top()).column, column);
});

test('names may have all characters that the language allows', async (t) => {
  const session = await launch(t, programs.unicode, (session) =>
    session.breakpoints(unicode, {
      line: unicode.line('sum += größe;'),
      condition: 'größe == 2',
      logMessage: '{größe}',
    }),
  );
  assert.equal(await session.ended(), 0);
  assert.equal(session.output('console'), '2\n');
});

test('a file may be named through a link', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'trapline-dap-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const link = path.join(folder, 'link');
  symlinkSync(path.dirname(steps.path), link);
  const session = await launch(t, programs.steps, async (session) => {
    const [breakpoint] = await session.breakpoints(
      { path: path.join(link, 'steps.c') },
      steps.line('total += i;'),
    );
    assert.equal(breakpoint.verified, true);
  });
  await session.stopped('breakpoint');
});

test('a breakpoint stops whenever its line is come by, also in a lambda', async (t) => {
  const line = ledger.line('auto paid = total');
  const session = await launch(t, programs.stock, (session) => session.breakpoints(ledger, line));
  let count = 0;
  for (;;) {
    const { name, body } = await session.next(['stopped', 'terminated']);
    if (name === 'terminated' || body.reason !== 'breakpoint') break;
    assert.equal((await session.top()).line, line);
    count += 1;
    await session.request('continue', { threadId: THREAD });
  }
  // Two ledgers with two entries each.
  assert.equal(count, 4);
});

test('two breakpoints at one place are both told', async (t) => {
  const line = steps.line('return x * x;');
  const session = await launch(t, programs.steps, async (session) => {
    session.lines = await session.breakpoints(steps, line);
    session.functions = await session.functionBreakpoints('square');
  });
  const stopped = await session.stopped();
  const ids = [...session.lines, ...session.functions].map((breakpoint) => breakpoint.id);
  assert.deepEqual(stopped.hitBreakpointIds.toSorted(), ids.toSorted());
});

test('breakpoints in a function that an expression calls do not stop the call', async (t) => {
  const session = await launch(t, programs.steps, (session) =>
    session.functionBreakpoints('calls', 'square'),
  );
  await session.stopped();
  assert.equal(await session.value('square(12)', 'repl'), '144');
  assert.equal((await session.top()).name, 'calls');
  assert.equal(session.events('stopped').length, 1);
});

test('what was written before a stop is told before it', async (t) => {
  const session = await launch(t, programs.steps, async (session) => {
    await session.functionBreakpoints('calls');
    await session.breakpoints(steps, { line: steps.line('if (n <= 1)'), logMessage: 'n is {n}' });
  });
  await session.stopped();
  const names = session.client.log.map((event) => event.name);
  const outputs = names.lastIndexOf('output');
  assert.ok(outputs < names.indexOf('stopped'));
  assert.equal(session.output('console'), 'n is 5\nn is 4\nn is 3\nn is 2\nn is 1\n');
  assert.equal(session.output('stdout'), '120\n');
});

test(
  'a function breakpoint without a name is not verified',
  async (t) => {
    const session = await launch(t, programs.stock, async (session) => {
      for (const breakpoint of await session.functionBreakpoints('', ' ')) {
        assert.equal(breakpoint.verified, false);
        assert.notEqual(breakpoint.message ?? '', '');
      }
    });
    await session.stopped('exception');
  },
);

test('settings of breakpoints that are none are told', async (t) => {
  const line = steps.line('total += i;');
  const session = await launch(t, programs.steps, async (session) => {
    for (const [settings, message] of [
      [{ hitCondition: '-1' }, /hit count/],
      [{ hitCondition: '% 0' }, /hit count/],
      [{ logMessage: '}' }, /brace/],
      [{ logMessage: '{}' }, /no expression/],
    ]) {
      const [told] = await session.breakpoints(steps, { line, ...settings });
      assert.equal(told.verified, false);
      assert.match(told.message, message);
    }
    // What is empty is as good as not there.
    const [told] = await session.breakpoints(steps, {
      line,
      condition: ' ',
      hitCondition: '',
      logMessage: '',
    });
    assert.equal(told.verified, true);
  });
  await session.stopped('breakpoint');
  assert.equal(await session.value('i'), '0');
});
