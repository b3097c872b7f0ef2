'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { expand, findBinary } = require('../src/binary.js');

/**
 * Looks for the program where only some files can be run.
 *
 * @param {string[]} files
 * @param {Partial<import('../src/binary.js').Surroundings>} [more]
 */
function find(files, more) {
  return findBinary({
    setting: '',
    searchPath: '/usr/local/bin:/usr/bin',
    home: '/home/ada',
    folders: ['/home/ada/one', '/home/ada/two'],
    platform: 'linux',
    isExecutable: (file) => files.includes(file),
    ...more,
  });
}

test('the setting comes before PATH and what is built', () => {
  const files = ['/opt/trapline', '/usr/bin/trapline', '/home/ada/one/target/release/trapline'];
  assert.deepEqual(find(files, { setting: '/opt/trapline' }), { path: '/opt/trapline' });
});

test('PATH comes before what is built, in its own order', () => {
  const built = '/home/ada/one/target/release/trapline';
  assert.deepEqual(find([built, '/usr/bin/trapline']), { path: '/usr/bin/trapline' });
  assert.deepEqual(find([built, '/usr/bin/trapline', '/usr/local/bin/trapline']), {
    path: '/usr/local/bin/trapline',
  });
});

test('of what is built in the workspace the optimized program comes first', () => {
  const release = '/home/ada/one/target/release/trapline';
  const debug = '/home/ada/one/target/debug/trapline';
  assert.deepEqual(find([release, debug]), { path: release });
  assert.deepEqual(find([debug]), { path: debug });
  assert.deepEqual(find(['/home/ada/two/target/debug/trapline']), { path: '/home/ada/two/target/debug/trapline' });
});

test('a setting that names nothing is told, and no other program is taken', () => {
  const found = find(['/usr/bin/trapline'], { setting: '~/bin/trapline' });
  assert.match('missing' in found ? found.missing : '', /trapline\.path names \/home\/ada\/bin\/trapline,/);
});

test('the setting may begin with the home or the workspace, or be relative to that', () => {
  const places = { home: '/home/ada', folders: ['/home/ada/one', '/home/ada/two'] };
  assert.equal(expand('~/bin/trapline', places), '/home/ada/bin/trapline');
  assert.equal(expand('${workspaceFolder}/bin/trapline', places), '/home/ada/one/bin/trapline');
  assert.equal(expand('${userHome}/trapline', places), '/home/ada/trapline');
  assert.equal(expand('tools/trapline', places), '/home/ada/one/tools/trapline');
  assert.equal(expand('~ada/trapline', places), '/home/ada/one/~ada/trapline');
  assert.equal(expand('trapline', { home: '/home/ada', folders: [] }), '/home/ada/trapline');
});

test('relative folders of PATH are not searched', () => {
  assert.ok('missing' in find(['trapline', 'bin/trapline'], { searchPath: ':.:bin', folders: [] }));
});

test('where there is no program the message tells what to do', () => {
  for (const more of [{}, { folders: [] }, { searchPath: undefined }]) {
    const found = find([], more);
    assert.match('missing' in found ? found.missing : '', /cargo install .*trapline\.path/s);
  }
});
