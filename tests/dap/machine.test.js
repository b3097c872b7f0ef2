// Instructions and memory.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { programs, sources } from './support/guests.js';
import { Session } from './support/session.js';

const { many, steps } = sources;

async function at(t, program, name, client) {
  const session = await Session.launch(
    t,
    { program },
    {
      client,
      configure: (session) => session.functionBreakpoints(name),
    },
  );
  await session.stopped('function breakpoint');
  return session;
}

async function disassemble(session, args) {
  return (await session.request('disassemble', args)).instructions;
}

test('disassemble tells instructions with their places and sources', async (t) => {
  const session = await at(t, programs.steps, 'square');
  const { instructionPointerReference: here } = await session.top();
  const [first, ...rest] = await disassemble(session, {
    memoryReference: here,
    instructionCount: 5,
    resolveSymbols: true,
  });
  assert.equal(rest.length, 4);
  assert.equal(first.address, here);
  assert.equal(first.symbol, 'square');
  assert.equal(first.location.path, steps.path);
  assert.equal(first.line, steps.line('return x * x;'));
  const addresses = [first, ...rest].map((instruction) => BigInt(instruction.address));
  assert.deepEqual(
    addresses,
    addresses.toSorted((a, b) => (a < b ? -1 : 1)),
  );
  assert.ok([first, ...rest].every((instruction) => /^[a-z]/.test(instruction.instruction)));
  const [plain] = await disassemble(session, { memoryReference: here, instructionCount: 1 });
  assert.equal(plain.symbol, undefined);
});

test('disassemble counts instructions before and behind, across functions', async (t) => {
  const session = await at(t, programs.steps, 'square');
  const { instructionPointerReference: here } = await session.top();
  const window = (instructionOffset, instructionCount) =>
    disassemble(session, {
      memoryReference: here,
      instructionOffset,
      instructionCount,
      resolveSymbols: true,
    });
  const around = await window(-100, 200);
  assert.equal(around.length, 200);
  assert.equal(around[100].address, here);
  assert.equal(new Set(around.map((instruction) => instruction.address)).size, 200);
  assert.ok(new Set(around.map((instruction) => instruction.symbol)).size > 1);
  assert.deepEqual(
    (await window(-10, 5)).map((instruction) => instruction.address),
    around.slice(90, 95).map((instruction) => instruction.address),
  );
  assert.deepEqual(
    (await window(20, 5)).map((instruction) => instruction.address),
    around.slice(120, 125).map((instruction) => instruction.address),
  );
  // By bytes.
  const bytes = Number(BigInt(around[103].address) - BigInt(here));
  const [third] = await disassemble(session, { memoryReference: here, offset: bytes, instructionCount: 1 });
  assert.equal(third.address, around[103].address);
});

test('disassemble fills up what is beyond the ends of the code', async (t) => {
  const session = await at(t, programs.loop, 'tick');
  const { instructionPointerReference: here } = await session.top();
  const window = (instructionOffset, instructionCount) =>
    disassemble(session, { memoryReference: here, instructionOffset, instructionCount });
  for (const [offset, count] of [
    [-1000, 2000],
    [-1000, 10],
    [1000, 10],
    [0, 0],
  ]) {
    const told = await window(offset, count);
    assert.equal(told.length, count);
  }
  const all = await window(-1000, 2000);
  assert.equal(all[1000].address, here);
  assert.equal(all[0].presentationHint, 'invalid');
  assert.equal(all.at(-1).presentationHint, 'invalid');
  const valid = all.filter((instruction) => instruction.presentationHint !== 'invalid');
  assert.ok(valid.length > 20 && valid.length < 200);
});

test('no two lines of a disassembly have one address', async (t) => {
  const session = await at(t, programs.loop, 'tick');
  const { instructionPointerReference: here } = await session.top();
  const all = await disassemble(session, {
    memoryReference: here,
    instructionOffset: -1000,
    instructionCount: 2000,
  });
  const same = all.filter((instruction) => instruction.address === here);
  assert.equal(same.length, 1);
});

test('disassemble refuses what is no place in code', async (t) => {
  const session = await at(t, programs.loop, 'tick');
  for (const memoryReference of ['0x10', '', 'nothing', '0x4000000700000000']) {
    await session.refusal('disassemble', { memoryReference, instructionCount: 1 });
  }
});

test('readMemory reads what variables have', async (t) => {
  const session = await Session.launch(
    t,
    { program: programs.many },
    {
      configure: (session) => session.breakpoints(many, many.line('mark(); // before')),
    },
  );
  await session.stopped('breakpoint');
  const { squares } = await session.locals();
  const memoryReference = squares.memoryReference;
  const { data, address, unreadableBytes } = await session.request('readMemory', {
    memoryReference,
    count: 16,
  });
  assert.equal(BigInt(address), BigInt(memoryReference));
  assert.equal(unreadableBytes ?? 0, 0);
  const bytes = Buffer.from(data, 'base64');
  assert.deepEqual(
    [0, 4, 8, 12].map((at) => bytes.readInt32LE(at)),
    [0, 1, 4, 9],
  );
  const moved = await session.request('readMemory', { memoryReference, offset: 8, count: 4 });
  assert.equal(BigInt(moved.address), BigInt(memoryReference) + 8n);
  assert.equal(Buffer.from(moved.data, 'base64').readInt32LE(), 4);
  const none = await session.request('readMemory', { memoryReference, count: 0 });
  assert.equal(none.data ?? '', '');
});

test('readMemory says how much cannot be read', async (t) => {
  const session = await at(t, programs.plain, 'double');
  const pages = 65536;
  const read = (memoryReference, count, offset) =>
    session.request('readMemory', { memoryReference, count, offset });
  const all = await read('0x0', pages);
  assert.equal(Buffer.from(all.data, 'base64').length, pages);
  const end = await read(`0x${(pages - 16).toString(16)}`, 64);
  assert.equal(Buffer.from(end.data, 'base64').length, 16);
  assert.equal(end.unreadableBytes, 48);
  const behind = await read('0x10000', 32);
  assert.equal(behind.data ?? '', '');
  assert.equal(behind.unreadableBytes, 32);
  await session.refusal('readMemory', { memoryReference: '0x0', offset: -1, count: 1 });
  await session.refusal('readMemory', { memoryReference: 'nothing', count: 1 });
});

test('readMemory reads the code of a module too', async (t) => {
  const session = await at(t, programs.steps, 'square');
  const file = readFileSync(programs.steps);
  const { instructionPointerReference: here } = await session.top();
  const place = Number(BigInt(here) & 0xffffffffn);
  const { data } = await session.request('readMemory', { memoryReference: here, count: 32 });
  assert.deepEqual(Buffer.from(data, 'base64'), file.subarray(place, place + 32));
});

test('writeMemory changes memory, and says so', async (t) => {
  const session = await Session.launch(
    t,
    { program: programs.many },
    {
      configure: (session) => session.breakpoints(many, many.line('mark(); // before')),
    },
  );
  await session.stopped('breakpoint');
  const { local } = await session.locals();
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(-12345);
  const body = await session.request('writeMemory', {
    memoryReference: local.memoryReference,
    data: bytes.toString('base64'),
  });
  assert.equal(body.bytesWritten, 4);
  const event = await session.event('memory');
  assert.equal(BigInt(event.memoryReference) + BigInt(event.offset), BigInt(local.memoryReference));
  assert.equal(event.count, 4);
  await session.event('invalidated');
  assert.equal(await session.value('local'), '-12345');
});

test('writeMemory writes all of it or nothing, unless a part will do', async (t) => {
  const session = await at(t, programs.plain, 'double');
  const data = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]).toString('base64');
  const end = { memoryReference: '0xfffc', data };
  await session.refusal('writeMemory', end);
  const read = async () => {
    const { data } = await session.request('readMemory', { memoryReference: '0xfffc', count: 4 });
    return [...Buffer.from(data, 'base64')];
  };
  assert.deepEqual(await read(), [0, 0, 0, 0]);
  const part = await session.request('writeMemory', { ...end, allowPartial: true });
  assert.equal(part.bytesWritten, 4);
  assert.deepEqual(await read(), [1, 2, 3, 4]);
  await session.refusal('writeMemory', { memoryReference: '0x0', data: 'not base64!' });
  const code = (await session.top()).instructionPointerReference;
  assert.match(await session.refusal('writeMemory', { memoryReference: code, data }), /cannot be changed/);
});

test('clients that do not know them get no events of memory and variables', async (t) => {
  const session = await at(t, programs.plain, 'double', {
    supportsMemoryEvent: false,
    supportsInvalidatedEvent: false,
  });
  await session.request('writeMemory', { memoryReference: '0x0', data: 'AAAA' });
  await session.request('threads');
  assert.deepEqual(session.events('memory'), []);
  assert.deepEqual(session.events('invalidated'), []);
});
