// What a launch configuration says, checked and made complete.
//
// Nothing here knows of the editor. Paths become absolute, as the adapter need not be started where
// the configuration's relative paths begin.

'use strict';

const path = require('node:path');

/** @typedef {Record<string, any>} Configuration */

/**
 * What surrounds a configuration.
 *
 * @typedef {object} Context
 * @property {string | undefined} folder the workspace's folder that the configuration is for
 * @property {string} home the user's own folder
 * @property {(file: string) => 'file' | 'folder' | 'nothing'} [look] what there is at a path; left
 *   out where a task that runs before the program may still change that
 */

/**
 * The configuration, complete, or a sentence that tells what is wrong with it.
 *
 * @typedef {{ configuration: Configuration } | { error: string }} Resolved
 */

/** Whether a path is that of a program. @param {string} file */
function isProgram(file) {
  return /\.wa(?:sm|t)$/i.test(file);
}

/**
 * A configuration for a program that there is none for.
 *
 * @param {string} program
 * @returns {Configuration}
 */
function configurationFor(program) {
  return {
    type: 'trapline',
    request: 'launch',
    name: `Debug ${path.basename(program)}`,
    program,
  };
}

/**
 * A configuration in which all variables have been replaced, ready for the adapter. What is ready stays
 * as it is, as an editor may ask for that again.
 *
 * @param {Configuration} configuration
 * @param {Context} context
 * @returns {Resolved}
 */
function resolve(configuration, context) {
  try {
    switch (configuration.request) {
      case 'launch':
        return { configuration: resolveLaunch(configuration, context) };
      case 'attach':
        return { configuration: resolveAttach(configuration, context) };
      default:
        throw new Wrong(`"request" is ${shown(configuration.request)}; it is "launch" or "attach".`);
    }
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    return { error: `The launch configuration ${shown(configuration.name)} is wrong: ${error.message}` };
  }
}

/** Something that whoever wrote the configuration has to change. */
class Wrong extends Error {}

/**
 * @param {Configuration} given
 * @param {Context} context
 * @returns {Configuration}
 */
function resolveLaunch(given, context) {
  const cwd = absolute(string(given, 'cwd') ?? context.folder ?? context.home, {
    ...context,
    cwd: context.folder ?? context.home,
  });
  const within = { ...context, cwd };
  const program = string(given, 'program');
  if (!program) throw new Wrong('"program" is missing, the .wasm or .wat file to debug.');
  const file = absolute(program, within);
  expectAt(file, 'file', 'program', context);

  /** @type {Configuration} */
  const resolved = {
    ...given,
    program: file,
    cwd,
    args: strings(given, 'args'),
    env: environment(given),
    dirs: strings(given, 'dirs').map((entry) => directory(entry, within)),
    stopOnEntry: boolean(given, 'stopOnEntry', false),
    allowPrecompiled: boolean(given, 'allowPrecompiled', false),
    sourceMap: sourceMap(given, within),
  };
  switch (given.observe ?? (given.noDebug ? 'none' : 'state')) {
    case 'state':
    case 'stacks':
      resolved.observe = given.observe ?? 'state';
      break;
    case 'none':
      // Calls can be told of a crash at no cost, so there is nothing to be gained by less.
      Object.assign(resolved, { observe: 'stacks', noDebug: true });
      break;
    default:
      throw new Wrong(`"observe" is ${shown(given.observe)}; it is "state", "stacks" or "none".`);
  }
  for (const name of ['argv0', 'invoke']) string(given, name);
  const stdin = string(given, 'stdin');
  if (stdin !== undefined) {
    resolved.stdin = absolute(stdin, within);
    expectAt(resolved.stdin, 'file', 'stdin', context);
  }
  if (given.cache !== undefined && typeof given.cache !== 'boolean') {
    resolved.cache = absolute(/** @type {string} */ (string(given, 'cache')), within);
  }
  return resolved;
}

/**
 * @param {Configuration} given
 * @param {Context} context
 * @returns {Configuration}
 */
function resolveAttach(given, context) {
  const { port } = given;
  // A port that was asked for, or is a variable, comes as text.
  const number = typeof port === 'string' && /^\d+$/.test(port) ? Number(port) : port;
  if (number === undefined) throw new Wrong('"port" is missing, where the program waits.');
  if (!Number.isInteger(number) || number < 1 || number > 65535) {
    throw new Wrong(`"port" is ${shown(port)}; it is a number from 1 to 65535.`);
  }
  const token = string(given, 'token');
  if (!token) throw new Wrong('"token" is missing, which the program printed when it began to wait.');
  return {
    ...given,
    host: string(given, 'host') || '127.0.0.1',
    port: number,
    token: token.trim(),
    stopOnEntry: boolean(given, 'stopOnEntry', false),
    sourceMap: sourceMap(given, { ...context, cwd: context.folder ?? context.home }),
  };
}

/**
 * @param {string} text
 * @param {{ home: string, cwd: string }} context
 */
function absolute(text, { home, cwd }) {
  return path.resolve(cwd, text.replace(/^~(?=$|[\\/])/, () => home));
}

/**
 * An entry of `dirs`. What the program sees stays as it was written.
 *
 * @param {string} entry
 * @param {Context & { cwd: string }} context
 */
function directory(entry, context) {
  const at = entry.indexOf('::');
  const host = at < 0 ? entry : entry.slice(0, at);
  const guest = at < 0 ? entry : entry.slice(at + 2);
  if (host === '' || guest === '') {
    throw new Wrong(`"dirs" has ${shown(entry)}; an entry is "HOST" or "HOST::GUEST".`);
  }
  const folder = absolute(host, context);
  expectAt(folder, 'folder', 'dirs', context);
  return `${folder}::${guest}`;
}

/**
 * @param {string} file
 * @param {'file' | 'folder'} wanted
 * @param {string} name the attribute that says so
 * @param {Context} context
 */
function expectAt(file, wanted, name, { look }) {
  const there = look?.(file) ?? wanted;
  if (there === wanted) return;
  throw new Wrong(
    there === 'nothing'
      ? `"${name}" names ${file}, which does not exist.`
      : `"${name}" names ${file}, which is a ${there}; a ${wanted} is needed.`,
  );
}

/**
 * @param {Configuration} given
 * @param {string} name
 * @returns {string | undefined}
 */
function string(given, name) {
  const value = given[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new Wrong(`"${name}" is ${shown(value)}; it is a string.`);
  return value;
}

/**
 * @param {Configuration} given
 * @param {string} name
 * @param {boolean} otherwise
 */
function boolean(given, name, otherwise) {
  const value = given[name] ?? otherwise;
  if (typeof value !== 'boolean') throw new Wrong(`"${name}" is ${shown(value)}; it is true or false.`);
  return value;
}

/**
 * @param {Configuration} given
 * @param {string} name
 * @returns {string[]}
 */
function strings(given, name) {
  const value = given[name] ?? [];
  if (!Array.isArray(value) || !value.every((part) => typeof part === 'string')) {
    throw new Wrong(`"${name}" is ${shown(value)}; it is an array of strings.`);
  }
  return value;
}

/**
 * An object with members of some kinds.
 *
 * @param {Configuration} given
 * @param {string} name
 * @param {string[]} kinds
 * @returns {[string, any][]}
 */
function members(given, name, kinds) {
  const value = given[name] ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new Wrong(`"${name}" is ${shown(value)}; it is an object.`);
  }
  const entries = Object.entries(value);
  for (const [key, member] of entries) {
    if (!kinds.includes(member === null ? 'null' : typeof member)) {
      throw new Wrong(`"${name}" has ${shown(member)} for ${shown(key)}; it is a string.`);
    }
  }
  return entries;
}

/**
 * Variables; one that is `null` is as it is where the adapter runs.
 *
 * @param {Configuration} given
 * @returns {Record<string, string | null>}
 */
function environment(given) {
  const entries = members(given, 'env', ['string', 'number', 'boolean', 'null']);
  for (const [key] of entries) {
    if (key === '' || key.includes('=')) {
      throw new Wrong(`"env" has a variable ${shown(key)}, which is no name of a variable.`);
    }
  }
  return Object.fromEntries(entries.map(([key, value]) => [key, value === null ? null : String(value)]));
}

/**
 * Places in the debug information stay as they are, relative ones too; places here become absolute.
 *
 * @param {Configuration} given
 * @param {{ home: string, cwd: string }} context
 * @returns {Record<string, string>}
 */
function sourceMap(given, context) {
  const entries = members(given, 'sourceMap', ['string']);
  return Object.fromEntries(entries.map(([from, to]) => [from, absolute(to, context)]));
}

/** @param {unknown} value */
function shown(value) {
  return value === undefined ? 'missing' : JSON.stringify(value);
}

module.exports = { configurationFor, isProgram, resolve };
