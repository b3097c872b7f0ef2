// Requests of all kinds, in an order that chance makes: each is answered once, and the adapter goes in the end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { table } from './coverage.js';
import { programs, sources } from './support/guests.js';
import { Session, THREAD } from './support/session.js';

/** Numbers that look like chance, and are the same each time. */
class Chance {
  constructor(seed) {
    this.state = seed;
  }

  below(bound) {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * bound);
  }

  of(list) {
    return list[this.below(list.length)];
  }
}

/** Arguments that may fit a request, or not. */
function args(chance, command, source, seen) {
  const line = chance.below(source.lines.length) + 1;
  const expression = chance.of([
    '1',
    'x',
    'n',
    'i + 1',
    'rounds',
    'done',
    '$global0',
    '*',
    'square(2)',
    'x = 2',
    '',
  ]);
  const number = chance.of([...seen, 0, 1, 7, -1, 2 ** 31]);
  const reference = chance.of([
    '0x0',
    '0x10000',
    '0x4000000000000200',
    '0x4000000000000100',
    '',
    '0xffffffffffffffff',
  ]);
  const settings = chance.of([
    {},
    { condition: expression },
    { hitCondition: '2' },
    { logMessage: 'at {x}' },
  ]);
  const all = {
    threadId: chance.of([THREAD, THREAD, THREAD, 2]),
    frameId: number,
    variablesReference: number,
    locationReference: number,
    sourceReference: number,
    targetId: command === 'stepIn' ? undefined : number,
    requestId: number,
    source: command === 'source' ? undefined : { path: source.path },
    line,
    column: chance.below(40) + 1,
    endLine: line + chance.below(10),
    breakpoints: Array.from({ length: chance.below(4) }, () => ({
      line,
      name: chance.of(['square', 'tick', 'main', 'nothing']),
      instructionReference: reference,
      ...settings,
    })),
    filters: chance.of([[], ['trap'], ['caught', 'uncaught'], ['nothing']]),
    expression,
    context: chance.of(['watch', 'hover', 'repl', 'clipboard', 'other']),
    text: expression,
    name: chance.of(['x', '$global0', 'n', '[0]']),
    value: chance.of(['1', 'x', '', '0x10']),
    memoryReference: reference,
    offset: chance.below(64) - 32,
    instructionOffset: chance.below(400) - 200,
    instructionCount: chance.below(400),
    count: chance.below(2000),
    start: chance.below(10),
    startFrame: chance.below(4),
    levels: chance.below(30),
    granularity: chance.of([undefined, 'line', 'instruction']),
    data: chance.of(['', 'AAAA', 'x']),
  };
  if (command === 'restart') return {};
  // Sometimes something is missing.
  if (chance.below(10) === 0) delete all[chance.of(Object.keys(all))];
  return all;
}

for (const [name, program, source] of [
  ['ends', programs.steps, sources.steps],
  ['runs for ever', programs.loop, sources.loop],
]) {
  test(`everything is answered once, with a program that ${name}`, async (t) => {
    const ends = ['terminate', 'disconnect', 'initialize', 'launch', 'attach'];
    const commands = Object.keys(table.requests).filter((command) => !ends.includes(command));
    // What goes on, and what stops it, come more often.
    commands.push('pause', 'pause', 'pause', 'pause', 'next', 'stepIn', 'stackTrace', 'scopes', 'nonsense');
    for (let seed = 1; seed <= 4; seed++) {
      const chance = new Chance(seed);
      const session = await Session.launch(t, { program });
      const seen = [];
      for (let round = 0; round < 40; round++) {
        const batch = Array.from({ length: 8 }, async () => {
          const command = chance.of(commands);
          const response = await session.response(command, args(chance, command, source, seen));
          assert.equal(response.command, command);
          if (!response.success) assert.notEqual(response.message ?? '', '');
          const text = JSON.stringify(response.body ?? {});
          for (const [, number] of text.matchAll(
            /"(?:id|variablesReference|declarationLocationReference)":(\d+)/g,
          )) {
            seen.push(Number(number));
          }
          seen.splice(0, seen.length - 50);
        });
        await Promise.all(batch);
      }
      assert.equal((await session.request('threads')).threads.length, 1);
      await session.stop();
    }
  });
}
