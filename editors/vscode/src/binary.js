// Where the `trapline` program is.
//
// Nothing here knows of the editor: what is looked at comes in as arguments, so that tests can say
// what there is.

'use strict';

const path = require('node:path');

/**
 * What there is to look for the program in.
 *
 * @typedef {object} Surroundings
 * @property {string} setting what the setting `trapline.path` says, empty if nothing
 * @property {string | undefined} searchPath the variable `PATH`
 * @property {string} home the user's own folder
 * @property {string[]} folders the workspace's folders, the first of which relative paths begin at
 * @property {NodeJS.Platform} platform
 * @property {(file: string) => boolean} isExecutable whether a file is there and can be run
 */

/**
 * The program, or a sentence that tells why there is none.
 *
 * @typedef {{ path: string } | { missing: string }} Found
 */

/**
 * The program's path, with what it was asked of: the setting first, as whoever sets it means that
 * one and no other; then `PATH`; then what has been built in the workspace, for those who work on
 * Trapline itself.
 *
 * @param {Surroundings} surroundings
 * @returns {Found}
 */
function findBinary(surroundings) {
  const { setting, folders, isExecutable } = surroundings;
  const names = surroundings.platform === 'win32' ? ['trapline.exe'] : ['trapline'];
  if (setting !== '') {
    const file = expand(setting, surroundings);
    if (isExecutable(file)) return { path: file };
    return {
      missing: `The setting trapline.path names ${file}, where there is no program that can be run.`,
    };
  }
  const builds = folders.flatMap((folder) =>
    ['release', 'debug'].map((profile) => path.join(folder, 'target', profile)),
  );
  for (const folder of [...searchFolders(surroundings), ...builds]) {
    for (const name of names) {
      const file = path.join(folder, name);
      if (isExecutable(file)) return { path: file };
    }
  }
  return {
    missing:
      'The program trapline was found neither in the folders of PATH nor among what is built in ' +
      'this workspace. Build it from its sources with "cargo install --locked --path crates/cli", ' +
      'or tell where it is in the setting trapline.path.',
  };
}

/**
 * The folders of `PATH`. Relative ones are left out: they would be looked for wherever the editor
 * happened to be started.
 *
 * @param {Surroundings} surroundings
 * @returns {string[]}
 */
function searchFolders({ searchPath, platform }) {
  const separator = platform === 'win32' ? ';' : ':';
  return (searchPath ?? '').split(separator).filter((folder) => path.isAbsolute(folder));
}

/**
 * A path out of the settings, made absolute.
 *
 * @param {string} text
 * @param {{ home: string, folders: string[] }} surroundings
 * @returns {string}
 */
function expand(text, { home, folders }) {
  const first = folders[0] ?? home;
  const expanded = text
    .replace(/^~(?=$|[\\/])/, () => home)
    .replaceAll('${workspaceFolder}', () => first)
    .replaceAll('${userHome}', () => home);
  return path.resolve(first, expanded);
}

module.exports = { expand, findBinary };
