// What the adapter announces is what is tested: the table in coverage.js knows a test for all of it.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { table } from './coverage.js';
import { Session } from './support/session.js';

/** The names of all tests. */
function names() {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const files = readdirSync(here).filter((file) => file.endsWith('.test.js'));
  const texts = files.map((file) => readFileSync(path.join(here, file), 'utf8'));
  const found = texts.flatMap((text) => [...text.matchAll(/\btest\(\s*(['`"])(.*?)\1,/g)]);
  return found.map((match) => match[2]);
}

/** What the protocol's published declarations have by a comment. */
export function declared(kind) {
  const file = createRequire(import.meta.url)
    .resolve('@vscode/debugprotocol')
    .replace(/\.js$/, '.d.ts');
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(new RegExp(`// ${kind}: '(\\w+)'`, 'g'))].map((match) => match[1]);
}

test('every capability that is announced has a test', async (t) => {
  const session = await Session.start(t);
  const capabilities = await session.initialize();
  for (const [name, value] of Object.entries(capabilities)) t.diagnostic(`${name}: ${JSON.stringify(value)}`);
  const announced = Object.keys(capabilities).filter((name) => capabilities[name] !== false);
  assert.deepEqual(announced.toSorted(), Object.keys(table.capabilities).toSorted());
});

test('all that the table tells of is in the protocol, and has tests that there are', () => {
  const known = new Set(names());
  for (const [part, rows] of Object.entries(table)) {
    for (const [name, tests] of Object.entries(rows)) {
      assert.ok(tests.length > 0, `${part} ${name} has a test`);
      for (const test of tests) assert.ok(known.has(test), `${part} ${name}: there is no test "${test}"`);
    }
  }
  const commands = declared('command');
  for (const name of Object.keys(table.requests)) assert.ok(commands.includes(name), name);
  const events = declared('event');
  for (const name of Object.keys(table.events)) assert.ok(events.includes(name), name);
});

test('no two tests have one name', () => {
  const all = names();
  assert.deepEqual(
    all.filter((name, index) => all.indexOf(name) !== index),
    [],
  );
});
