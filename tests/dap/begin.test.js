// How a session begins: initialize, launch, configurationDone.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { programs, sources } from './support/guests.js';
import { root, Session, trapline } from './support/session.js';

/** A folder that is there during a test. */
function folder(t) {
  const name = mkdtempSync(path.join(tmpdir(), 'trapline-dap-'));
  t.after(() => rmSync(name, { recursive: true }));
  return name;
}

/** Runs a program to its end. */
async function run(t, options, more) {
  const session = await Session.launch(t, options, more);
  return { session, exitCode: await session.ended() };
}

test('initialize tells the capabilities, once', async (t) => {
  const session = await Session.start(t);
  const capabilities = await session.initialize();
  assert.equal(capabilities.supportsConfigurationDoneRequest, true);
  assert.match(await session.refusal('initialize', { adapterID: 'trapline' }), /already/);
});

test('initialize refuses paths that are URIs', async (t) => {
  const session = await Session.start(t);
  const message = await session.refusal('initialize', { adapterID: 'trapline', pathFormat: 'uri' });
  assert.match(message, /path/);
  await session.initialize();
});

test('lines and columns are counted from 0 for clients that do so', async (t) => {
  const line = sources.steps.line('int rest = factorial(n - 1);');
  const client = { linesStartAt1: false, columnsStartAt1: false };
  const session = await Session.launch(
    t,
    { program: programs.steps },
    {
      client,
      configure: async (session) => {
        const [breakpoint] = await session.breakpoints(sources.steps, line - 1);
        assert.equal(breakpoint.verified, true);
        assert.equal(breakpoint.line, line - 1);
      },
    },
  );
  await session.stopped('breakpoint');
  const { line: shown, column } = await session.top();
  assert.equal(shown, line - 1);
  assert.ok(sources.steps.lines[shown].slice(column).startsWith('n - 1'), `column ${column}`);
});

test('launch runs a program, whose output and exit code are told', async (t) => {
  const { session, exitCode } = await run(t, { program: programs.hello });
  assert.equal(session.output('stdout'), 'Hello from the guest.\n');
  assert.equal(session.output('stderr'), '');
  assert.equal(exitCode, 0);
  const [started] = session.events('process');
  assert.equal(started.startMethod, 'launch');
  assert.equal(started.pointerSize, 32);
  assert.equal(started.name, programs.hello);
});

test('what the program writes to standard error has a category of its own', async (t) => {
  const { session, exitCode } = await run(t, { program: programs.exit, args: ['7'] });
  assert.equal(session.output('stderr'), 'leaving with 7\n');
  assert.equal(session.output('stdout'), '');
  assert.equal(exitCode, 7);
});

test('launch hands over arguments, environment and standard input', async (t) => {
  const input = path.join(folder(t), 'input.txt');
  writeFileSync(input, 'first line\nsecond line\n');
  const { session } = await run(
    t,
    {
      program: programs.arguments,
      args: ['one', 'two words', '--three'],
      env: { COLOR: 'green', INHERITED: null },
      argv0: 'someone else',
      stdin: input,
    },
    { environment: { INHERITED: 'from the adapter', HIDDEN: 'not told' } },
  );
  assert.deepEqual(session.output('stdout').split('\n'), [
    'argument 0: someone else',
    'argument 1: one',
    'argument 2: two words',
    'argument 3: --three',
    'variable: COLOR=green',
    'variable: INHERITED=from the adapter',
    'input: first line',
    'input: second line',
    '',
  ]);
});

test('launch without a standard input gives an empty one', async (t) => {
  const { session, exitCode } = await run(t, { program: programs.arguments });
  assert.doesNotMatch(session.output('stdout'), /input:/);
  assert.equal(exitCode, 0);
});

test('launch opens folders to the program, and no others', async (t) => {
  const shared = folder(t);
  writeFileSync(path.join(shared, 'shared.txt'), 'what was shared');
  const { session } = await run(t, {
    program: programs.files,
    args: ['cat', '/data/shared.txt'],
    dirs: [`${shared}::/data`],
  });
  assert.equal(session.output('stdout'), 'what was shared');
  const refused = await run(t, { program: programs.files, args: ['cat', '/data/shared.txt'] });
  assert.notEqual(refused.exitCode, 0);
  assert.match(refused.session.output('stderr'), /^files: \/data\/shared.txt: /);
});

test('relative paths begin in cwd', async (t) => {
  const shared = folder(t);
  writeFileSync(path.join(shared, 'input.txt'), 'from cwd\n');
  const { session } = await run(t, {
    program: path.relative(shared, programs.arguments),
    cwd: shared,
    stdin: 'input.txt',
  });
  assert.match(session.output('stdout'), /input: from cwd/);
});

test('a folder that is relative to cwd is opened', async (t) => {
  const { session } = await run(t, {
    program: 'files/files.wasm',
    cwd: path.join(root, 'tests/guests'),
    args: ['list', '/here'],
    dirs: ['crash::/here'],
  });
  const files = session.output('stdout').split('\n');
  assert.ok(files.includes('crash.wasm'), files.join());
});

test('stopOnEntry stops before the first instruction', async (t) => {
  const session = await Session.launch(t, { program: programs.steps, stopOnEntry: true });
  await session.stopped('entry');
  assert.equal(session.output('stdout'), '');
  const frames = await session.frames();
  assert.equal(frames.length, 1);
  assert.match(frames[0].name, /_start/);
  assert.equal(await session.finish(), 0);
});

test('noDebug stops nowhere', async (t) => {
  const session = await Session.launch(
    t,
    { program: programs.crash, noDebug: true, stopOnEntry: true },
    { configure: (session) => session.functionBreakpoints('print_day') },
  );
  assert.equal(await session.ended(), 134);
  assert.match(session.output('stdout'), /day 2:/);
  assert.match(session.said(), /out of bounds memory access/);
});

test('observe "stacks" runs without breakpoints, and says so', async (t) => {
  const session = await Session.launch(
    t,
    { program: programs.crash, observe: 'stacks' },
    {
      configure: async (session) => {
        const [breakpoint] = await session.functionBreakpoints('print_day');
        assert.equal(breakpoint.verified, false);
        assert.match(breakpoint.message, /stacks/);
      },
    },
  );
  await session.stopped('exception');
  const names = (await session.frames()).map((frame) => frame.name);
  assert.deepEqual(names.slice(0, 5), ['load_u16', 'archive_summarize', 'print_day', 'print_report', 'main']);
  assert.equal(await session.finish(), 134);
});

test('sourceMap leads to where sources are', async (t) => {
  const moved = folder(t);
  writeFileSync(path.join(moved, 'steps.c'), sources.steps.lines.join('\n'));
  const session = await Session.launch(
    t,
    { program: programs.steps, sourceMap: { 'tests/guests/steps': moved } },
    { configure: (session) => session.functionBreakpoints('factorial') },
  );
  await session.stopped('function breakpoint');
  assert.equal((await session.top()).source.path, path.join(moved, 'steps.c'));
});

test('invoke calls an exported function with arguments', async (t) => {
  const session = await Session.launch(
    t,
    { program: programs.calculator, invoke: 'add', args: ['40', '2'] },
    { configure: (session) => session.functionBreakpoints('add') },
  );
  await session.stopped('function breakpoint');
  assert.equal(await session.value('left + right'), '42');
  assert.equal(await session.finish(), 0);
  assert.match(session.output('console'), /returned .*42/);
});

test('invoke runs the initialization of a library first', async (t) => {
  const { session } = await run(t, { program: programs.calculator, invoke: 'shift', args: ['1'] });
  assert.match(session.output('console'), /returned .*101/);
});

test('launch refuses what is no program', async (t) => {
  const session = await Session.start(t);
  await session.initialize();
  const launch = (options) => session.refusal('launch', { cache: false, ...options });
  const missing = await launch({ program: '/nowhere/program.wasm' });
  assert.match(missing, /\/nowhere\/program.wasm/);
  assert.match(missing, /no such file/);
  assert.match(await launch({ program: sources.steps.path }), /steps\.c/);
  assert.match(await launch({}), /program/);
  assert.match(await launch({ program: '' }), /program/);
  assert.match(await launch({ program: 5 }), /not valid/);
  assert.match(await launch({ program: programs.hello, args: 'one' }), /not valid/);
  assert.match(await launch({ program: programs.hello, observe: 'much' }), /not valid/);
  // The next one is as good as the first.
  await session.request('launch', { program: programs.hello, cache: false });
  await session.event('initialized');
  await session.request('configurationDone');
  assert.equal(await session.ended(), 0);
});

test('a function that cannot be called as it is invoked is told', async (t) => {
  const session = await Session.start(t);
  await session.initialize();
  const missing = await session.refusal('launch', {
    program: programs.calculator,
    invoke: 'divide',
    cache: false,
  });
  assert.match(missing, /divide/);
  const invoke = async (options) => {
    const { session, exitCode } = await run(t, { program: programs.calculator, ...options });
    assert.notEqual(exitCode, 0);
    return session.said();
  };
  assert.match(await invoke({ invoke: 'add', args: ['x', '1'] }), /x/);
  assert.match(await invoke({ invoke: 'add', args: ['1'] }), /2|two/);
});

test('what cannot be opened when the program starts is told', async (t) => {
  const session = await Session.start(t);
  await session.initialize();
  const response = await session.response('launch', {
    program: programs.files,
    args: ['list', '/data'],
    dirs: ['/nowhere/at/all::/data'],
    cache: false,
  });
  if (response.success) {
    await session.request('configurationDone');
    assert.notEqual(await session.ended(), 0);
    assert.match(session.said(), /\/nowhere\/at\/all/);
  } else {
    assert.match(response.message, /\/nowhere\/at\/all/);
  }
});

test('the program starts with configurationDone, not before', async (t) => {
  const session = await Session.start(t);
  await session.initialize();
  assert.match(await session.refusal('configurationDone'), /not said/);
  await session.request('launch', { program: programs.hello, cache: false });
  await session.event('initialized');
  // What is answered now would be answered behind the output of a program that had started.
  await session.request('threads');
  assert.equal(session.output('stdout'), '');
  assert.deepEqual(session.events('process'), []);
  await session.request('configurationDone');
  assert.equal(await session.ended(), 0);
  assert.equal(session.output('stdout'), 'Hello from the guest.\n');
});

test('compiling is reported as progress, to clients that want that', async (t) => {
  const client = { supportsProgressReporting: true };
  const { session } = await run(t, { program: programs.hello }, { client });
  const [begin] = session.events('progressStart');
  const [end] = session.events('progressEnd');
  assert.match(begin.title, /hello\.wasm/);
  assert.equal(typeof begin.requestId, 'number');
  assert.equal(begin.progressId, end.progressId);
  const silent = await run(t, { program: programs.hello });
  assert.deepEqual(silent.session.events('progressStart'), []);
});

test('messages of the adapter are coloured for clients that can show that', async (t) => {
  const options = { program: programs.divide, args: ['1', '0'], noDebug: true };
  const plain = await run(t, options);
  assert.match(plain.session.said(), /divide by zero/);
  assert.doesNotMatch(plain.session.said(), /\u001b/);
  const coloured = await run(t, options, { client: { supportsANSIStyling: true } });
  assert.match(coloured.session.said(), /\u001b\[.*divide by zero/);
});

test(
  'characters that are written in pieces are told whole',
  async (t) => {
    const { session, exitCode } = await run(t, { program: programs.output });
    assert.equal(exitCode, 0);
    await session.request('threads');
    assert.equal(session.client.log.at(-1).name, 'terminated');
    assert.equal(session.output('stdout'), 'café 𝄞\ufffd\n\ufffd');
    for (const { output } of session.events('output')) assert.notEqual(output, '');
  },
);

test('the end of a program is told by exited, then terminated, once', async (t) => {
  const { session } = await run(t, { program: programs.exit, args: ['5'] });
  await session.request('threads');
  const names = session.client.log.map((event) => event.name);
  assert.deepEqual(names.slice(-2), ['exited', 'terminated']);
  assert.equal(names.filter((name) => name === 'exited' || name === 'terminated').length, 2);
});

test('an input that is not there is told', async (t) => {
  const session = await Session.start(t);
  await session.initialize();
  const response = await session.response('launch', {
    program: programs.arguments,
    stdin: '/nowhere/input.txt',
    cache: false,
  });
  if (response.success) {
    await session.request('configurationDone');
    assert.notEqual(await session.ended(), 0);
    assert.match(session.said(), /\/nowhere\/input\.txt/);
  } else {
    assert.match(response.message, /\/nowhere\/input\.txt/);
  }
});

test('compiled modules are kept in the folder that cache names', async (t) => {
  const cache = folder(t);
  for (let i = 0; i < 2; i++) {
    const { session } = await run(t, { program: programs.steps, cache });
    assert.match(session.output('stdout'), /^120$/m);
  }
  assert.ok(readdirSync(cache, { recursive: true }).length > 0);
  // The program can be debugged all the same.
  const session = await Session.launch(
    t,
    { program: programs.steps, cache },
    {
      configure: (session) => session.functionBreakpoints('square'),
    },
  );
  await session.stopped('function breakpoint');
  assert.equal(await session.value('x'), '3');
});

test('attributes of launch that are not known are ignored', async (t) => {
  const { exitCode } = await run(t, {
    program: programs.hello,
    name: 'Debug',
    type: 'trapline',
    request: 'launch',
    __sessionId: '1',
    preLaunchTask: null,
  });
  assert.equal(exitCode, 0);
});

test('programs that were compiled ahead of time are launched only if that is allowed', async (t) => {
  const compiled = path.join(folder(t), 'steps.cwasm');
  const made = spawnSync(trapline, ['compile', '-o', compiled, programs.steps], { encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
  const session = await Session.start(t);
  await session.initialize();
  const message = await session.refusal('launch', { program: compiled });
  assert.match(message, /compiled|precompiled/);
  const { exitCode } = await run(t, { program: compiled, allowPrecompiled: true, observe: 'stacks' });
  assert.equal(exitCode, 0);
});
