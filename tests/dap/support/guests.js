// The programs that are debugged, with their sources: places in these are found by what stands there.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './session.js';

/** A source file. */
export class Source {
  constructor(file) {
    this.path = path.join(root, file);
    this.lines = readFileSync(this.path, 'utf8').split('\n');
  }

  /** The number of the only line with a text, or of the one so many lines further. */
  line(text, further = 0) {
    const index = this.lines.findIndex((line) => line.includes(text));
    assert.notEqual(index, -1, `${this.path} has a line with ${text}`);
    const last = this.lines.findLastIndex((line) => line.includes(text));
    assert.equal(index, last, `only one line of ${this.path} has ${text}`);
    return index + 1 + further;
  }

  /** The number of the first line with a text behind the first with another text. */
  lineAfter(before, text) {
    const begin = this.lines.findIndex((line) => line.includes(before));
    const index = this.lines.findIndex((line, index) => index > begin && line.includes(text));
    assert.ok(begin !== -1 && index !== -1, `${this.path} has ${text} behind ${before}`);
    return index + 1;
  }

  /** The column of a text in a line, counted from 1. */
  column(line, text) {
    const index = this.lines[line - 1].indexOf(text);
    assert.notEqual(index, -1, `line ${line} of ${this.path} has ${text}`);
    return index + 1;
  }
}

const source = (file) => new Source(file);
const guest = (file) => path.join(root, 'tests/guests', file);
const own = (file) => path.join(root, 'tests/dap/guests', file);

export const programs = {
  arguments: guest('arguments/arguments.wasm'),
  assertion: guest('assertion/assertion.wasm'),
  calculator: guest('calculator/calculator.wasm'),
  crash: guest('crash/crash.wasm'),
  divide: guest('divide/divide.wasm'),
  exceptions: guest('exceptions/exceptions.wasm'),
  exit: guest('exit/exit.wasm'),
  files: guest('files/files.wasm'),
  hello: guest('hello/hello.wasm'),
  indirect: guest('indirect/indirect.wasm'),
  inlined: guest('inlined/inlined.wasm'),
  recursion: guest('recursion/recursion.wasm'),
  steps: guest('steps/steps.wasm'),
  stock: guest('stock/stock.wasm'),
  valuesC: guest('values/c-O0-5.wasm'),
  valuesCpp: guest('values/cpp-O0-5.wasm'),
  valuesRust: guest('values/rust-O0-4.wasm'),
  valuesZig: guest('values/zig-O0-4.wasm'),
  embedded: own('embedded.wasm'),
  flood: own('flood.wat'),
  loop: own('loop.wasm'),
  many: own('many.wasm'),
  output: own('output.wat'),
  plain: own('plain.wat'),
  sleeps: own('sleeps.wat'),
  unicode: own('unicode.wasm'),
  tags: own('tags.wat'),
  noMemory: own('no-memory.wat'),
};

export const sources = {
  archive: source('tests/guests/crash/archive.c'),
  archiveHeader: source('tests/guests/crash/archive.h'),
  assertion: source('tests/guests/assertion/assertion.c'),
  crash: source('tests/guests/crash/crash.c'),
  divide: source('tests/guests/divide/divide.c'),
  embedded: source('tests/dap/guests/embedded.c'),
  exceptions: source('tests/guests/exceptions/exceptions.cc'),
  inlined: source('tests/guests/inlined/inlined.c'),
  ledger: source('tests/guests/stock/ledger.h'),
  loop: source('tests/dap/guests/loop.c'),
  many: source('tests/dap/guests/many.c'),
  report: source('tests/guests/crash/report.c'),
  steps: source('tests/guests/steps/steps.c'),
  stock: source('tests/guests/stock/stock.cc'),
  unicode: source('tests/dap/guests/unicode.c'),
  valuesC: source('tests/guests/values/values.c'),
  valuesCpp: source('tests/guests/values/values.cc'),
  valuesRust: source('tests/guests/values/rust/src/main.rs'),
  valuesZig: source('tests/guests/values/values.zig'),
};
