// Requests at the wrong time, with wrong arguments, or that are not known.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { programs } from './support/guests.js';
import { Session, THREAD } from './support/session.js';
import { table } from './coverage.js';

/** All requests that a client can make, out of the protocol's published declarations. */
function commands() {
  const require = createRequire(import.meta.url);
  const file = require.resolve('@vscode/debugprotocol').replace(/\.js$/, '.d.ts');
  const text = readFileSync(file, 'utf8');
  const all = [...text.matchAll(/\/\/ command: '(\w+)'/g)].map((match) => match[1]);
  // Those are made by adapters.
  return all.filter((command) => !['runInTerminal', 'startDebugging'].includes(command));
}

test('requests before initialize are refused', async (t) => {
  const session = await Session.start(t);
  for (const command of commands()) {
    if (['initialize', 'disconnect', 'cancel'].includes(command)) continue;
    const args = command === 'launch' ? { program: programs.hello } : {};
    assert.match(await session.refusal(command, args), /initialize/, command);
  }
  await session.initialize();
});

test('requests that are not announced are refused', async (t) => {
  const session = await Session.launch(t, { program: programs.hello, stopOnEntry: true });
  await session.stopped('entry');
  const args = { threadId: THREAD, frameId: 1, targetId: 1, breakpoints: [], variablesReference: 1 };
  const unknown = commands().filter((command) => !(command in table.requests));
  assert.ok(unknown.includes('stepBack') && unknown.includes('dataBreakpointInfo'));
  for (const command of [...unknown, 'nonsense', 'Continue', '']) {
    assert.match(await session.refusal(command, args), /not know/, command);
  }
  assert.equal(await session.finish(), 0);
});

test('requests about a program that was not started are refused', async (t) => {
  const session = await Session.start(t);
  await session.initialize();
  await session.request('launch', { program: programs.hello, cache: false });
  for (const command of ['stackTrace', 'continue', 'next', 'stepIn', 'stepOut', 'pause', 'exceptionInfo']) {
    assert.match(await session.refusal(command, { threadId: THREAD }), /not started/, command);
  }
  assert.match(await session.refusal('evaluate', { expression: '1' }), /not started/);
  assert.match(await session.refusal('launch', { program: programs.hello }), /already/);
  assert.match(await session.refusal('attach', { port: 1 }), /attach/);
});

test('requests that need a program that stands still say notStopped while it runs', async (t) => {
  const session = await Session.launch(t, { program: programs.loop });
  await session.event('process');
  const refused = (command, args) => session.refusal(command, { threadId: THREAD, ...args });
  for (const command of ['stackTrace', 'continue', 'next', 'stepIn', 'stepOut', 'exceptionInfo']) {
    assert.equal(await refused(command), 'notStopped', command);
  }
  assert.equal(await refused('scopes', { frameId: 1 }), 'notStopped');
  assert.equal(await refused('variables', { variablesReference: 1 }), 'notStopped');
  assert.equal(await refused('evaluate', { expression: 'rounds' }), 'notStopped');
  assert.equal(await refused('readMemory', { memoryReference: '0x0', count: 1 }), 'notStopped');
  assert.equal(await refused('writeMemory', { memoryReference: '0x0', data: '' }), 'notStopped');
  const variable = { variablesReference: 1, name: 'done', value: '1' };
  assert.equal(await refused('setVariable', variable), 'notStopped');
  assert.equal(await refused('setExpression', { expression: 'done', value: '1' }), 'notStopped');
  assert.equal(await refused('completions', { text: 'r', column: 2 }), 'notStopped');
});

test('what needs no program that stands still works while it runs', async (t) => {
  const session = await Session.launch(t, { program: programs.loop });
  await session.event('process');
  assert.equal((await session.request('threads')).threads.length, 1);
  assert.equal((await session.request('modules')).totalModules, 1);
  assert.ok((await session.request('loadedSources')).sources.length > 0);
  const [breakpoint] = await session.functionBreakpoints('twice');
  const { instructions } = await session.request('disassemble', {
    memoryReference: breakpoint.instructionReference,
    instructionCount: 2,
  });
  assert.equal(instructions.length, 2);
  await session.request('cancel', { requestId: 1 });
});

test('requests behind the end of the program are refused', async (t) => {
  const session = await Session.launch(t, { program: programs.hello });
  await session.ended();
  for (const command of ['stackTrace', 'continue', 'next', 'pause', 'terminate']) {
    assert.match(await session.refusal(command, { threadId: THREAD }), /has ended/, command);
  }
  assert.match(await session.refusal('evaluate', { expression: '1' }), /has ended/);
});

test('numbers of frames and variables are valid until the program goes on', async (t) => {
  const session = await Session.launch(
    t,
    { program: programs.steps },
    { configure: (session) => session.functionBreakpoints('factorial') },
  );
  await session.stopped();
  const old = await session.top();
  const scope = await session.scope('Locals');
  await session.named(scope.variablesReference);
  await session.step('continue');
  for (const [command, args] of [
    ['scopes', { frameId: old.id }],
    ['evaluate', { frameId: old.id, expression: 'n' }],
    ['variables', { variablesReference: scope.variablesReference }],
    ['setVariable', { variablesReference: scope.variablesReference, name: 'n', value: '1' }],
  ]) {
    assert.match(await session.refusal(command, args), /not valid at this stop/, command);
  }
  const now = await session.top();
  assert.notEqual(now.id, old.id);
  assert.equal(await session.value('n', 'watch', { frameId: now.id }), '4');
});

test('numbers are not taken for those of something else', async (t) => {
  const session = await Session.launch(t, { program: programs.hello, stopOnEntry: true });
  await session.stopped();
  const frame = await session.top();
  const scope = (await session.scopes(frame))[0];
  assert.match(await session.refusal('variables', { variablesReference: frame.id }), /no variables/);
  assert.match(await session.refusal('scopes', { frameId: scope.variablesReference }), /no frame/);
  assert.match(await session.refusal('locations', { locationReference: frame.id }), /no location/);
  for (const number of [0, -1, 2 ** 31, 2 ** 53]) {
    await session.refusal('variables', { variablesReference: number });
    await session.refusal('scopes', { frameId: number });
  }
});

test('requests with arguments that are not those of the protocol are refused', async (t) => {
  const session = await Session.launch(t, { program: programs.hello, stopOnEntry: true });
  await session.stopped();
  for (const [command, args] of [
    ['stackTrace', {}],
    ['stackTrace', { threadId: 'one' }],
    ['scopes', { frameId: null }],
    ['evaluate', {}],
    ['setBreakpoints', { breakpoints: [] }],
    ['setBreakpoints', { source: { path: '/a.c' }, breakpoints: [{ line: 'x' }] }],
    ['readMemory', { memoryReference: '0x0' }],
  ]) {
    assert.match(await session.refusal(command, args), /not valid/, command);
  }
  assert.match(await session.refusal('setBreakpoints', { source: {}, breakpoints: [] }), /no path/);
  assert.match(await session.refusal('continue', { threadId: 2 }), /no thread 2/);
  assert.match(await session.refusal('stackTrace', { threadId: 0 }), /no thread 0/);
  assert.equal(await session.finish(), 0);
});

test('a message that is none of the protocol is told, and the session goes on', async (t) => {
  const session = await Session.start(t);
  await session.initialize();
  const say = (text) => {
    session.client.outputStream.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  };
  say('{"seq": 1, "type": "request"}');
  await session.written('console', 'not one of the protocol');
  say('this is not JSON');
  say('[]');
  say('{"seq": 2, "type": "nonsense"}');
  assert.equal((await session.request('threads')).threads.length, 1);
});

test('the adapter goes when its input ends', async (t) => {
  const session = await Session.launch(t, { program: programs.loop });
  await session.event('process');
  session.client._adapterProcess.stdin.end();
  assert.equal(await session.exit, 0);
});

test('messages are understood in whatever pieces they come', async (t) => {
  const session = await Session.start(t);
  const { client } = session;
  const raw = (text, headers) => `${headers}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
  const ask = (command, args, headers) => {
    const seq = client.sequence++;
    const response = new Promise((resolve) => client.pendingRequests.set(seq, resolve));
    return [raw(JSON.stringify({ seq, type: 'request', command, arguments: args }), headers), response];
  };
  const [first, initialized] = ask('initialize', { adapterID: 'é𝄞' }, 'Content-Type: application/json\r\n');
  const [second, threads] = ask('threads', undefined, '');
  for (const byte of Buffer.from(first + second)) client.outputStream.write(Buffer.of(byte));
  assert.equal((await initialized).success, true);
  assert.equal((await threads).body.threads.length, 1);
});

test('a header that is none of the protocol ends the adapter, which says why', async (t) => {
  const session = await Session.launch(t, { program: programs.loop });
  await session.event('process');
  session.client.outputStream.write('GET / HTTP/1.1\r\n\r\n');
  await session.exitInTime();
  assert.match(session.said(), /header|Content-Length/i);
});
