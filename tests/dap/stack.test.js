// The stack, modules and sources.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { programs, sources } from './support/guests.js';
import { Session, THREAD } from './support/session.js';

const { archive, crash, inlined, report } = sources;

async function stopped(t, program, options, configure) {
  const session = await Session.launch(t, { program, ...options }, { configure });
  await session.stopped();
  return session;
}

test('stackTrace tells all frames, inlined ones too, with their places', async (t) => {
  const session = await stopped(t, programs.crash);
  const body = await session.request('stackTrace', { threadId: THREAD });
  const frames = body.stackFrames;
  assert.equal(body.totalFrames, frames.length);
  assert.deepEqual(
    frames.slice(0, 5).map((frame) => frame.name),
    ['load_u16', 'archive_summarize', 'print_day', 'print_report', 'main'],
  );
  const places = frames.slice(1, 5).map((frame) => [frame.source.path, frame.line]);
  assert.deepEqual(places, [
    [archive.path, archive.line('struct summary summary = {load_u16(at)')],
    [report.path, report.line('struct summary summary = archive_summarize')],
    [report.path, report.line('print_day(archive, day);')],
    [crash.path, crash.line('print_report("Temperatures')],
  ]);
  assert.equal(new Set(frames.map((frame) => frame.id)).size, frames.length);
  const { modules } = await session.request('modules');
  for (const frame of frames) {
    assert.equal(frame.moduleId, modules[0].id);
    assert.match(frame.instructionPointerReference, /^0x4/);
    assert.equal(frame.source.name, path.basename(frame.source.path ?? frame.source.name));
    assert.ok(frame.line > 0 && frame.column >= 0);
  }
  // An inlined call is at the same instruction as its caller.
  assert.equal(frames[0].instructionPointerReference, frames[1].instructionPointerReference);
});

test('inlined frames have variables of their own', async (t) => {
  const session = await stopped(t, programs.inlined, {}, (session) =>
    session.breakpoints(inlined, inlined.line('return x + note(y);')),
  );
  const [twice, work] = await session.frames();
  assert.equal(twice.name, 'twice');
  assert.equal(work.name, 'work');
  assert.equal(await session.value('x', 'watch', { frameId: twice.id }), '1');
  assert.equal(await session.value('x', 'watch', { frameId: work.id }), '1');
  assert.match(await session.refusal('evaluate', { expression: 'y', frameId: work.id }), /no `y` here/);
});

test('stackTrace pages', async (t) => {
  const session = await stopped(t, programs.crash);
  const all = await session.frames();
  const page = async (startFrame, levels) =>
    session.request('stackTrace', { threadId: THREAD, startFrame, levels });
  const names = (frames) => frames.map((frame) => frame.name);
  const first = await page(0, 2);
  assert.deepEqual(names(first.stackFrames), names(all.slice(0, 2)));
  assert.ok(first.totalFrames === undefined || first.totalFrames > 2);
  assert.deepEqual(names((await page(2, 3)).stackFrames), names(all.slice(2, 5)));
  const last = await page(all.length - 1, 20);
  assert.deepEqual(names(last.stackFrames), names(all.slice(-1)));
  assert.equal(last.totalFrames, all.length);
  assert.deepEqual((await page(all.length, 20)).stackFrames, []);
  assert.deepEqual((await page(1_000_000, 20)).stackFrames, []);
  assert.deepEqual(names((await page(1, 0)).stackFrames), names(all.slice(1)));
});

test('a very deep stack is told in pages', async (t) => {
  const session = await stopped(t, programs.recursion);
  const page = (startFrame, levels) =>
    session.request('stackTrace', { threadId: THREAD, startFrame, levels });
  const first = await page(0, 20);
  assert.equal(first.stackFrames.length, 20);
  assert.ok(first.stackFrames.every((frame) => frame.name === 'descend'));
  const deep = await page(5000, 10);
  assert.equal(deep.stackFrames.length, 10);
  const at = async (frame) => Number(await session.value('depth', 'watch', { frameId: frame.id }));
  const [high, low] = [await at(deep.stackFrames[0]), await at(deep.stackFrames[9])];
  assert.equal(high - low, 9);
  const all = await page();
  assert.ok(all.stackFrames.length >= 5010);
});

test('stackTrace shows what its format asks for', async (t) => {
  const session = await stopped(t, programs.crash);
  const name = async (format) => {
    const frames = await session.frames({ format });
    return frames.find((frame) => frame.name.includes('print_day')).name;
  };
  assert.equal(await name(undefined), 'print_day');
  assert.equal(await name({ parameters: true, parameterNames: true }), 'print_day(archive, day)');
  assert.match(
    await name({ parameters: true, parameterTypes: true, parameterNames: true, parameterValues: true }),
    /^print_day\(const struct archive \* archive = 0x\w+.*, (uint32_t|unsigned int) day = 2\)$/,
  );
  assert.match(
    await name({ parameters: true, parameterNames: false, parameterValues: true }),
    /^print_day\(.*, 2\)$/,
  );
  const line = report.line('struct summary summary = archive_summarize');
  assert.equal(await name({ line: true }), `print_day Line ${line}`);
  assert.equal(await name({ module: true }), 'crash.wasm!print_day');
});

test('parameters in the names of frames are shown in hexadecimal if that is wanted', async (t) => {
  const session = await stopped(t, programs.crash);
  const format = { parameters: true, parameterNames: true, parameterValues: true, hex: true };
  const frames = await session.frames({ format });
  assert.match(frames[2].name, /^print_day\(.*, day = 0x2\)$/);
});

test('scopes tells those of the source, then those of WebAssembly', async (t) => {
  const session = await stopped(t, programs.crash);
  const scopes = await session.scopes(await session.frame('print_day'));
  assert.deepEqual(
    scopes.map((scope) => [scope.name, scope.expensive]),
    [
      ['Locals', false],
      ['Globals', true],
      ['WebAssembly locals', true],
      ['WebAssembly operands', true],
      ['WebAssembly globals', true],
    ],
  );
  assert.equal(scopes[0].presentationHint, 'locals');
  assert.equal(scopes[2].presentationHint, 'registers');
  const locals = await session.variables(scopes[0].variablesReference);
  assert.deepEqual(
    locals.map((variable) => variable.name),
    ['archive', 'day', 'summary'],
  );
  assert.equal(scopes[0].namedVariables, locals.length);
});

test('a function without debug information has the scopes of WebAssembly only', async (t) => {
  const session = await stopped(t, programs.plain, { stopOnEntry: true });
  const scopes = await session.scopes();
  assert.deepEqual(
    scopes.map((scope) => scope.name),
    ['WebAssembly locals', 'WebAssembly operands', 'WebAssembly globals'],
  );
  const globals = await session.variables(scopes[2].variablesReference);
  assert.deepEqual(
    globals.map(({ name, value, type }) => [name, value, type]),
    [
      ['$global0', '7', 'i32'],
      ['$global1', '-1', 'i64'],
    ],
  );
});

test('modules tells what is loaded, as the module event has', async (t) => {
  const session = await stopped(t, programs.crash);
  const body = await session.request('modules');
  assert.equal(body.totalModules, 1);
  const [module] = body.modules;
  assert.equal(module.name, 'crash.wasm');
  assert.equal(module.path, programs.crash);
  assert.match(module.symbolStatus, /loaded/);
  const [event] = session.events('module');
  assert.equal(event.reason, 'new');
  assert.deepEqual(event.module, module);
  const none = await session.request('modules', { startModule: 1, moduleCount: 1 });
  assert.deepEqual(none.modules, []);
});

test('modules says when there are no symbols', async (t) => {
  const session = await stopped(t, programs.plain, { stopOnEntry: true });
  const { modules } = await session.request('modules');
  assert.match(modules[0].symbolStatus, /no debug information|No symbols/);
});

test('loadedSources tells all sources, those that are here by their paths', async (t) => {
  const session = await stopped(t, programs.crash);
  const { sources: loaded } = await session.request('loadedSources');
  const paths = loaded.map((source) => source.path);
  for (const { path } of [archive, crash, report, sources.archiveHeader])
    assert.ok(paths.includes(path), path);
  assert.equal(new Set(paths).size, paths.length, 'each once');
  const elsewhere = loaded.find((source) => source.name === 'crt1-command.c');
  assert.equal(elsewhere.presentationHint, 'deemphasize');
});

test('source tells the text of instructions', async (t) => {
  const session = await stopped(t, programs.plain, { stopOnEntry: true });
  const { source, line } = await session.top();
  assert.match(source.name, /\.wat$/);
  const body = await session.request('source', { sourceReference: source.sourceReference });
  assert.equal(body.mimeType, 'text/wat');
  const lines = body.content.split('\n');
  assert.match(lines[line - 1], /^i32\.const 0$/);
  const call = lines.findIndex((text) => text.startsWith('call'));
  assert.ok(
    lines.some((text) => /^ +unreachable$/.test(text)),
    'what is within is indented',
  );
  // A step leads to the line of the next instruction.
  for (let i = 0; i < call - (line - 1); i++) await session.step('next', { granularity: 'instruction' });
  const top = await session.top();
  assert.equal(top.line, call + 1);
  assert.equal(top.source.sourceReference, source.sourceReference, 'its number stays');
  await session.step('stepIn', { granularity: 'instruction' });
  const callee = await session.top();
  assert.notEqual(callee.source.sourceReference, source.sourceReference);
  assert.equal(callee.name, 'double');
  for (const sourceReference of [0, -1, 1000]) {
    await session.refusal('source', { sourceReference });
  }
});

test(
  'editors show a place in the source of the program first',
  async (t) => {
    // What editors take for the frame to show.
    const first = async (session) => {
      const shown = (frame) =>
        frame.source &&
        frame.source.presentationHint !== 'deemphasize' &&
        !['subtle', 'label'].includes(frame.presentationHint);
      return (await session.frames()).find(shown);
    };
    const thrown = await stopped(t, programs.exceptions, {}, (session) => session.exceptions(['caught']));
    assert.equal((await first(thrown)).source.path, sources.exceptions.path);
    const panicked = await stopped(t, programs.assertion, {}, (session) => session.exceptions(['panic']));
    assert.equal((await first(panicked)).source.path, sources.assertion.path);
    const trapped = await stopped(t, programs.recursion);
    assert.equal((await first(trapped)).name, 'descend');
    // Without a source there is nothing better than instructions.
    const plain = await stopped(t, programs.plain, { stopOnEntry: true });
    assert.equal((await first(plain)).source.sourceReference > 0, true);
  },
);
