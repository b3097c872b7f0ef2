'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { configurationFor, isProgram, resolve } = require('../src/configuration.js');

const CONTEXT = { folder: '/home/ada/one', home: '/home/ada' };

/**
 * @param {Record<string, any>} attributes
 * @param {Partial<import('../src/configuration.js').Context>} [context]
 */
function launched(attributes, context) {
  const given = { type: 'trapline', request: 'launch', name: 'Debug', program: 'a.wasm', ...attributes };
  return resolve(given, { ...CONTEXT, ...context });
}

/** @param {Record<string, any>} attributes */
function attached(attributes) {
  return resolve({ type: 'trapline', request: 'attach', name: 'Attach', ...attributes }, CONTEXT);
}

/** @param {import('../src/configuration.js').Resolved} resolved */
function configuration(resolved) {
  assert.ok('configuration' in resolved, JSON.stringify(resolved));
  return resolved.configuration;
}

/** @param {import('../src/configuration.js').Resolved} resolved */
function error(resolved) {
  assert.ok('error' in resolved, JSON.stringify(resolved));
  return resolved.error;
}

test('a program is all that is needed', () => {
  assert.deepEqual(configuration(launched({})), {
    type: 'trapline',
    request: 'launch',
    name: 'Debug',
    program: '/home/ada/one/a.wasm',
    cwd: '/home/ada/one',
    args: [],
    env: {},
    dirs: [],
    stopOnEntry: false,
    allowPrecompiled: false,
    sourceMap: {},
    observe: 'state',
  });
});

test('what is given is kept, what is unknown too', () => {
  const given = {
    args: ['-v', '3'],
    env: { LANG: 'C' },
    argv0: 'tool',
    invoke: 'add',
    stopOnEntry: true,
    allowPrecompiled: true,
    observe: 'state',
    cache: false,
    noDebug: true,
    __restart: 1,
  };
  const resolved = configuration(launched(given));
  assert.deepEqual({ ...resolved, ...given }, resolved);
});

test('what is run without being debugged is not observed', () => {
  for (const given of [{ observe: 'none' }, { noDebug: true }]) {
    const { observe, noDebug } = configuration(launched(given));
    assert.deepEqual({ observe, noDebug }, { observe: 'stacks', noDebug: true });
  }
});

test('what is ready stays as it is', () => {
  const given = { cwd: 'sub', dirs: ['data', '.::/x'], stdin: 'in', cache: 'kept', sourceMap: { a: 'b' } };
  for (const more of [{}, { observe: 'stacks' }, { observe: 'none' }]) {
    const ready = configuration(launched({ ...given, ...more }));
    assert.deepEqual(configuration(resolve(ready, CONTEXT)), ready);
  }
  const ready = configuration(attached({ port: '1', token: 't', sourceMap: { a: 'b' } }));
  assert.deepEqual(configuration(resolve(ready, CONTEXT)), ready);
});

test('relative paths begin at cwd, which begins at the folder', () => {
  const resolved = configuration(
    launched({ cwd: 'sub', stdin: 'in.txt', cache: '../cache', sourceMap: { './': '.', '/build': '~/src' } }),
  );
  assert.equal(resolved.cwd, '/home/ada/one/sub');
  assert.equal(resolved.program, '/home/ada/one/sub/a.wasm');
  assert.equal(resolved.stdin, '/home/ada/one/sub/in.txt');
  assert.equal(resolved.cache, '/home/ada/one/cache');
  assert.deepEqual(resolved.sourceMap, { './': '/home/ada/one/sub', '/build': '/home/ada/src' });
});

test('without a folder paths begin at the home', () => {
  assert.equal(configuration(launched({}, { folder: undefined })).program, '/home/ada/a.wasm');
});

test('the program goes on seeing folders as they were written', () => {
  assert.deepEqual(configuration(launched({ dirs: ['data', '.', '~/x::/x', '/tmp::t::u'] })).dirs, [
    '/home/ada/one/data::data',
    '/home/ada/one::.',
    '/home/ada/x::/x',
    '/tmp::t::u',
  ]);
});

test('numbers and truths of the environment become text, what is null comes from around', () => {
  const { env } = configuration(launched({ env: { DEPTH: 3, FAST: true, LANG: null } }));
  assert.deepEqual(env, { DEPTH: '3', FAST: 'true', LANG: null });
});

test('what is wrong is told with its name', () => {
  assert.match(error(launched({ program: undefined })), /"Debug" is wrong: "program" is missing/);
  assert.match(error(launched({ program: '' })), /"program" is missing/);
  assert.match(error(launched({ program: 3 })), /"program" is 3; it is a string/);
  assert.match(error(launched({ args: '-v' })), /"args" is "-v"; it is an array of strings/);
  assert.match(error(launched({ args: [1] })), /"args" is \[1\]/);
  assert.match(error(launched({ env: ['A=1'] })), /"env" is \["A=1"\]; it is an object/);
  assert.match(error(launched({ env: { A: [] } })), /"env" has \[\] for "A"/);
  assert.match(error(launched({ env: { 'A=B': '' } })), /"A=B", which is no name/);
  assert.match(error(launched({ dirs: ['::/x'] })), /"dirs" has "::\/x"/);
  assert.match(error(launched({ dirs: ['x::'] })), /"dirs" has "x::"/);
  assert.match(error(launched({ observe: 'all' })), /"observe" is "all"; it is "state", "stacks" or "none"/);
  assert.match(error(launched({ stopOnEntry: 'yes' })), /"stopOnEntry" is "yes"; it is true or false/);
  assert.match(error(launched({ cache: 3 })), /"cache" is 3/);
  assert.match(error(launched({ invoke: 3 })), /"invoke" is 3/);
  assert.match(error(launched({ sourceMap: { '/a': 1 } })), /"sourceMap" has 1 for "\/a"/);
  assert.match(error(launched({ request: 'start' })), /"request" is "start"; it is "launch" or "attach"/);
});

test('files that are missing are told, unless a task may still make them', () => {
  const look = /** @type {const} */ ({ '/home/ada/one/a.wasm': 'file', '/home/ada/one/data': 'folder' });
  const seen = {
    look: (/** @type {string} */ file) => look[/** @type {keyof typeof look} */ (file)] ?? 'nothing',
  };
  configuration(launched({ dirs: ['data'] }, seen));
  assert.match(error(launched({ program: 'b.wasm' }, seen)), /\/home\/ada\/one\/b\.wasm, which does not exist/);
  assert.match(error(launched({ program: 'data' }, seen)), /which is a folder; a file is needed/);
  assert.match(error(launched({ dirs: ['a.wasm'] }, seen)), /which is a file; a folder is needed/);
  assert.match(error(launched({ stdin: 'in' }, seen)), /"stdin" names \/home\/ada\/one\/in/);
  configuration(launched({ program: 'b.wasm', stdin: 'in' }));
});

test('attaching takes a port and a token', () => {
  const resolved = configuration(attached({ port: '5678', token: ' secret\n', sourceMap: { '/b': 'c' } }));
  assert.deepEqual(resolved, {
    type: 'trapline',
    request: 'attach',
    name: 'Attach',
    host: '127.0.0.1',
    port: 5678,
    token: 'secret',
    stopOnEntry: false,
    sourceMap: { '/b': '/home/ada/one/c' },
  });
  assert.equal(configuration(attached({ host: '::1', port: 1, token: 't' })).host, '::1');
  assert.match(error(attached({ token: 't' })), /"port" is missing/);
  assert.match(error(attached({ port: 0, token: 't' })), /"port" is 0; it is a number from 1 to 65535/);
  assert.match(error(attached({ port: 'x', token: 't' })), /"port" is "x"/);
  assert.match(error(attached({ port: 1 })), /"token" is missing/);
});

test('programs are told by their names', () => {
  assert.ok(isProgram('/a/b.wasm') && isProgram('b.WAT'));
  assert.ok(!isProgram('/a/b.wasm.map') && !isProgram('/a/wasm'));
  assert.equal(configurationFor('/a/b.wasm').name, 'Debug b.wasm');
});
