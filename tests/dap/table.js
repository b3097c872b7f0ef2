// Fills the column about Trapline in the table of docs/editors.md: what is tested, with a link to the test.
//
//   node table.js            writes it
//   node table.js --check    fails if it would write something else

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { table } from './coverage.js';

const page = new URL('../../docs/editors.md', import.meta.url);

/** Where each test is, by its name. */
const places = new Map();
for (const file of readdirSync(new URL('.', import.meta.url)).filter((name) => name.endsWith('.test.js'))) {
  const lines = readFileSync(new URL(file, import.meta.url), 'utf8').split('\n');
  lines.forEach((line, index) => {
    const name = /\btest\(\s*(['"`])(.*?)\1/.exec(line)?.[2] ?? /^\s*(['"`])(.*)\1,$/.exec(line)?.[2];
    if (name && !places.has(name)) places.set(name, `${file}#L${index + 1}`);
  });
}

/** The cell for a row: its tests, or that there is nothing to be tested. */
function cell(name) {
  const names = name.split(' / ');
  const tests = names.flatMap(
    (one) => table.capabilities[one] ?? table.requests[one] ?? table.events[one] ?? [],
  );
  if (tests.length === 0) return 'no';
  const links = [...new Set(tests)].map((test, index) => {
    const place = places.get(test);
    if (!place) throw new Error(`there is no test "${test}"`);
    return `[${index === 0 ? 'yes' : index + 1}](../tests/dap/${place})`;
  });
  return links.join(' ');
}

const before = readFileSync(page, 'utf8');
const after = before
  .split('\n')
  .map((line) => {
    const cells = line.split(' | ');
    const isRow = cells.length === 6 && !/^\| (\*\*|---|Request)/.test(line);
    if (!isRow) return line;
    cells[1] = cell(cells[0].replace(/^\| /, ''));
    return cells.join(' | ');
  })
  .join('\n');

if (process.argv.includes('--check')) {
  if (before !== after) {
    console.error('docs/editors.md is not what the tests are; run `node table.js` in tests/dap');
    process.exit(1);
  }
} else {
  writeFileSync(page, after);
}
