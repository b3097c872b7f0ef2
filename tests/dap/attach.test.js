// Programs and adapters that listen at a port.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { programs, sources } from './support/guests.js';
import { listening, Session, THREAD } from './support/session.js';

const { loop } = sources;

test('attach leads to a program that runs elsewhere, and detaching leaves it running', async (t) => {
  const program = await listening(t, 'run', '--listen', '127.0.0.1:0', programs.loop);
  const attach = async () => {
    const session = await Session.start(t);
    await session.initialize();
    await session.request('attach', { port: program.port, token: program.token });
    await session.event('initialized');
    await session.request('configurationDone');
    return session;
  };
  const first = await attach();
  assert.equal(first.events('process')[0].startMethod, 'attach');
  const [breakpoint] = await first.breakpoints(loop, loop.line('rounds++;'));
  assert.equal(breakpoint.verified, true);
  await first.stopped('breakpoint');
  assert.equal((await first.top()).source.path, loop.path);
  const rounds = Number(await first.value('rounds'));
  await first.request('disconnect');
  await first.exit;
  const second = await attach();
  await second.request('pause', { threadId: THREAD });
  await second.stopped('pause');
  assert.ok(Number(await second.value('rounds')) >= rounds);
  assert.match(await second.refusal('restart'), /start it again/);
  await second.evaluate('done = 1', 'repl');
  assert.equal(await second.finish(), 0);
  assert.equal(await program.exit, 0);
});

test('attach with stopOnEntry stops at once', async (t) => {
  const program = await listening(t, 'run', '--listen', '127.0.0.1:0', '--token', 'abc', programs.loop);
  const session = await Session.start(t);
  await session.initialize();
  await session.request('attach', { port: program.port, token: 'abc', stopOnEntry: true });
  await session.stopped('pause');
  assert.equal((await session.frames()).at(-1).name, '_start');
});

test('attach refuses ports that nobody listens at, and wrong tokens', async (t) => {
  const program = await listening(t, 'run', '--listen', '127.0.0.1:0', programs.loop);
  const session = await Session.start(t);
  await session.initialize();
  assert.match(await session.refusal('attach', { port: 'x' }), /port|not valid/);
  assert.match(await session.refusal('attach', { host: '127.0.0.1' }), /port/);
  const wrong = await Session.start(t);
  await wrong.initialize();
  assert.match(await wrong.refusal('attach', { port: program.port, token: 'guess' }), /token/);
});

test('disconnect can end a program that was attached to', async (t) => {
  const program = await listening(t, 'run', '--listen', '127.0.0.1:0', programs.loop);
  const session = await Session.start(t);
  await session.initialize();
  await session.request('attach', { port: program.port, token: program.token });
  await session.request('disconnect', { terminateDebuggee: true });
  await session.exit;
  assert.notEqual(await program.exit, 0);
});

test('an adapter that listens wants a token before it launches anything', async (t) => {
  const adapter = await listening(t, 'dap', '--listen', '127.0.0.1:0');
  const launch = { program: programs.hello, cache: false };
  const wrong = await Session.connect(t, adapter.port);
  await wrong.initialize();
  assert.match(await wrong.refusal('launch', { ...launch, token: 'guess' }), /token/);
  await wrong.exit;
  const right = await Session.connect(t, adapter.port);
  await right.initialize();
  await right.request('launch', { ...launch, token: adapter.token });
  await right.event('initialized');
  await right.request('configurationDone');
  assert.equal(await right.ended(), 0);
  assert.equal(right.output('stdout'), 'Hello from the guest.\n');
});

test('an adapter that listens serves several clients at once', async (t) => {
  const adapter = await listening(t, 'dap', '--listen', '127.0.0.1:0', '--no-token');
  const sessions = [];
  for (let i = 0; i < 3; i++) {
    const session = await Session.connect(t, adapter.port);
    await session.initialize();
    await session.request('launch', { program: programs.loop, cache: false });
    await session.request('configurationDone');
    sessions.push(session);
  }
  for (const session of sessions) {
    await session.event('process');
    await session.request('pause', { threadId: THREAD });
    await session.stopped('pause');
    await session.request('disconnect');
    await session.exit;
  }
});

test('one client is attached at a time, and the next can come when it has gone', async (t) => {
  const program = await listening(t, 'run', '--listen', '127.0.0.1:0', programs.loop);
  const place = { port: program.port, token: program.token };
  const first = await Session.start(t);
  await first.initialize();
  await first.request('attach', place);
  const second = await Session.start(t);
  await second.initialize();
  assert.match(await second.refusal('attach', place), /another client is attached/);
  await first.request('disconnect');
  await first.exit;
  const third = await Session.start(t);
  await third.initialize();
  await third.request('attach', { ...place, stopOnEntry: true });
  await third.stopped('pause');
});

test('a client that is killed leaves the program running, without its breakpoints', async (t) => {
  const program = await listening(t, 'run', '--listen', '127.0.0.1:0', programs.loop);
  const place = { port: program.port, token: program.token };
  const first = await Session.start(t);
  await first.initialize();
  await first.request('attach', place);
  await first.breakpoints(loop, loop.line('rounds++;'));
  await first.stopped('breakpoint');
  first.client._adapterProcess.kill('SIGKILL');
  await first.exit;
  const second = await Session.start(t);
  await second.initialize();
  await second.request('attach', place);
  await second.request('configurationDone');
  assert.equal(await second.refusal('stackTrace', { threadId: THREAD }), 'notStopped');
  await second.request('pause', { threadId: THREAD });
  await second.stopped('pause');
  await second.evaluate('done = 1', 'repl');
  assert.equal(await second.finish(), 0);
  assert.equal(await program.exit, 0);
});

test('a program that traps while a client is attached stops there', async (t) => {
  const program = await listening(t, 'run', '--listen', '127.0.0.1:0', programs.loop);
  const session = await Session.start(t);
  await session.initialize();
  await session.request('attach', { port: program.port, token: program.token, stopOnEntry: true });
  await session.stopped('pause');
  await session.evaluate('done = 2', 'repl');
  await session.request('continue', { threadId: THREAD });
  const stopped = await session.stopped('exception');
  assert.match(stopped.text, /unreachable/);
  await session.request('terminate');
  await session.ended();
  assert.notEqual(await program.exit, 0);
});
