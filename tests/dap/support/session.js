// A conversation with `trapline dap`, in the words of the tests: requests with their results or refusals, and
// events that are waited for in the order in which they have come.
//
// The client is DebugClient of @vscode/debugadapter-testsupport. It hands an event only to those who wait for it
// already; here events are kept, so that a test never depends on what comes first, a response or an event.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DebugClient } from '@vscode/debugadapter-testsupport';

const here = path.dirname(fileURLToPath(import.meta.url));

/** The top of the repository. */
export const root = path.resolve(here, '../../..');

/** The program under test. */
export const trapline = process.env.TRAPLINE
  ? path.resolve(process.env.TRAPLINE)
  : path.join(root, 'target/debug/trapline');

/** Nothing that is waited for takes longer, on a machine that has much else to do. */
const PATIENCE = 30_000;

/** The one thread that guests have. */
export const THREAD = 1;

/** What a client says of itself if a test does not say otherwise. */
export const CLIENT = {
  clientID: 'tests',
  adapterID: 'trapline',
  linesStartAt1: true,
  columnsStartAt1: true,
  pathFormat: 'path',
  supportsVariableType: true,
  supportsVariablePaging: true,
  supportsMemoryReferences: true,
  supportsInvalidatedEvent: true,
  supportsMemoryEvent: true,
};

/** Starts trapline with arguments, until the end of the test, and waits until it says where it listens. */
export async function listening(t, ...args) {
  const process = spawn(trapline, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = new Promise((resolve) => process.once('exit', (code) => resolve(code)));
  t.after(async () => {
    process.kill('SIGKILL');
    await exit;
  });
  let said = '';
  const told = new Promise((resolve) => {
    process.stderr.on('data', (data) => {
      said += data;
      const port = /127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      const token = /token (\w+)/.exec(said)?.[1];
      if (port && (token || args.includes('--token') || args.includes('--no-token'))) {
        resolve({ port: Number(port), token });
      }
    });
  });
  process.stdout.resume();
  const place = await patiently(Promise.race([told, exit]), () => `it does not listen: ${said}`);
  assert.equal(typeof place, 'object', `it has ended: ${said}`);
  return { ...place, exit };
}

class KeepingClient extends DebugClient {
  constructor(environment) {
    super(trapline, 'dap', 'trapline', { cwd: root, env: { ...process.env, ...environment } });
    this.log = [];
    this.heard = () => {};
    this.said = 0;
    this.answered = new Set();
    this.faults = [];
  }

  // Looks whether each message is one that the protocol allows where it comes.
  dispatch(text) {
    const message = JSON.parse(text);
    const fault = (what) => this.faults.push(`${what}: ${text}`);
    this.said += 1;
    if (message.seq !== this.said) fault(`the message with the number ${this.said} has another`);
    if (message.type === 'response') {
      if (!this.pendingRequests.has(message.request_seq)) fault('nothing was asked that is answered');
      if (this.answered.has(message.request_seq)) fault('it was answered already');
      this.answered.add(message.request_seq);
      if (typeof message.success !== 'boolean' || typeof message.command !== 'string') fault('no response');
    } else if (message.type === 'event') {
      if (typeof message.event !== 'string') fault('no event');
    } else {
      fault('neither a response nor an event');
    }
    super.dispatch(text);
  }

  emit(name, event) {
    this.log.push({ name, body: event.body ?? {}, isTaken: false });
    this.heard();
    return super.emit(name, event);
  }
}

/** A conversation with an adapter of its own. */
export class Session {
  constructor(environment) {
    this.client = new KeepingClient(environment);
  }

  /** Starts an adapter, which ends with the test. */
  static async start(t, environment = {}) {
    const session = new Session(environment);
    await session.client.start();
    const adapter = session.client._adapterProcess;
    session.exit = new Promise((resolve) => adapter.once('exit', (code) => resolve(code)));
    t.after(() => session.stop());
    return session;
  }

  /** Connects with an adapter that listens at a port. */
  static async connect(t, port) {
    const session = new Session({});
    await session.client.start(port);
    const { _socket: socket } = session.client;
    socket.on('error', () => {});
    session.exit = new Promise((resolve) => socket.once('close', () => resolve(0)));
    t.after(() => {
      socket.destroy();
      assert.deepEqual(session.client.faults, []);
    });
    return session;
  }

  /** Starts an adapter that has a program launched, and lets it run. `configure` sets breakpoints. */
  static async launch(t, options, { client = {}, environment = {}, configure } = {}) {
    const session = await Session.start(t, environment);
    await session.initialize(client);
    await session.request('launch', { cache: false, ...options });
    await session.event('initialized');
    await configure?.(session);
    await session.request('configurationDone');
    return session;
  }

  initialize(client = {}) {
    return this.request('initialize', { ...CLIENT, ...client });
  }

  /** Ends the adapter: it has to go when it is told to. */
  async stop() {
    await this.end();
    assert.deepEqual(this.client.faults, []);
  }

  async end() {
    const adapter = this.client._adapterProcess;
    if (!adapter || adapter.exitCode !== null || adapter.signalCode !== null) return;
    adapter.stdin.on('error', () => {});
    this.client.disconnectRequest().catch(() => {});
    adapter.stdin.end();
    const code = await this.exitInTime();
    if (code === 'late') adapter.kill('SIGKILL');
    assert.equal(code, 0, 'the adapter ends when the client disconnects');
  }

  /** The exit code of the adapter, or that it does not end. */
  async exitInTime() {
    const late = timer(10_000);
    try {
      return await Promise.race([this.exit, late.promise.then(() => 'late')]);
    } finally {
      late.cancel();
    }
  }

  // ---- requests ------------------------------------------------------------------------------------------------

  /** The response to a request, whatever it says. */
  response(command, args) {
    return this.begin(command, args).response;
  }

  /** A request, with its number, that is not waited for. */
  begin(command, args) {
    const seq = this.client.sequence;
    const response = new Promise((resolve) => this.client.doSend(command, args, resolve));
    return {
      seq,
      response: patiently(response, () => `${command} is not answered\n${this.story()}`, this.patience),
    };
  }

  /** The result of a request that is carried out. */
  async request(command, args) {
    const response = await this.response(command, args);
    assert.ok(response.success, `${command} is refused: ${response.message}`);
    return response.body ?? {};
  }

  /** Why a request is not carried out. */
  async refusal(command, args) {
    const response = await this.response(command, args);
    assert.equal(response.success, false, `${command} is carried out`);
    assert.equal(typeof response.message, 'string', 'a refusal has a message');
    assert.notEqual(response.message, '');
    const text = response.body?.error?.format;
    assert.equal(typeof text, 'string', 'a refusal has a text for the user');
    assert.notEqual(text, '');
    return response.message;
  }

  // ---- events --------------------------------------------------------------------------------------------------

  /** The first event with one of the names that was not asked for before. */
  async next(names, fits = () => true) {
    const find = () =>
      this.client.log.find((event) => !event.isTaken && names.includes(event.name) && fits(event.body));
    const wait = new Promise((resolve) => {
      this.client.heard = () => {
        const found = find();
        if (found) resolve(found);
      };
      this.client.heard();
    });
    const found = await patiently(wait, () => `no event ${names.join(', ')}\n${this.story()}`, this.patience);
    found.isTaken = true;
    return found;
  }

  async event(name, fits) {
    return (await this.next([name], fits)).body;
  }

  /** How the program stops. */
  async stopped(reason) {
    const { name, body } = await this.next(['stopped', 'terminated']);
    assert.equal(name, 'stopped', `the program has ended\n${this.story()}`);
    assert.equal(body.threadId, THREAD);
    assert.equal(body.allThreadsStopped, true);
    if (reason) assert.equal(body.reason, reason);
    return body;
  }

  /** The exit code of the program, which ends without another stop; undefined if it is told without one. */
  async ended() {
    const { name } = await this.next(['stopped', 'terminated']);
    assert.equal(name, 'terminated', `the program has stopped\n${this.story()}`);
    return this.client.log.findLast((event) => event.name === 'exited')?.body.exitCode;
  }

  /** All events of a kind so far. */
  events(name) {
    return this.client.log.filter((event) => event.name === name).map((event) => event.body);
  }

  /** What was written so far, of a category or of all. */
  output(category) {
    const written = this.events('output').filter((body) => !category || body.category === category);
    return written.map((body) => body.output).join('');
  }

  /** What the adapter itself has said to the user. */
  said() {
    return this.output('console') + this.output('important');
  }

  /** Waits until something was written. */
  async written(category, text) {
    await this.event('output', () => this.output(category).includes(text));
  }

  story() {
    return this.client.log.map(({ name, body }) => `  ${name} ${JSON.stringify(body)}`).join('\n');
  }

  // ---- running -------------------------------------------------------------------------------------------------

  /** Has the program go on, until it stops. */
  async step(command, args = {}) {
    await this.request(command, { threadId: THREAD, ...args });
    return this.stopped(command === 'continue' ? undefined : 'step');
  }

  /** Has the program go on to its end. Returns its exit code. */
  async finish() {
    await this.request('continue', { threadId: THREAD });
    return this.ended();
  }

  // ---- looking -------------------------------------------------------------------------------------------------

  async frames(args = {}) {
    return (await this.request('stackTrace', { threadId: THREAD, ...args })).stackFrames;
  }

  async top() {
    return (await this.frames({ levels: 1 }))[0];
  }

  /** A frame by its name. */
  async frame(name) {
    const frame = (await this.frames()).find((frame) => frame.name === name);
    assert.ok(frame, `there is a frame of ${name}`);
    return frame;
  }

  async scopes(frame) {
    const frameId = (frame ?? (await this.top())).id;
    return (await this.request('scopes', { frameId })).scopes;
  }

  async scope(name, frame) {
    const scope = (await this.scopes(frame)).find((scope) => scope.name === name);
    assert.ok(scope, `there is a scope ${name}`);
    return scope;
  }

  async variables(variablesReference, args = {}) {
    return (await this.request('variables', { variablesReference, ...args })).variables;
  }

  /** The variables of a scope or the parts of a value, by their names; the innermost if several have one. */
  async named(variablesReference, args) {
    const named = {};
    for (const variable of await this.variables(variablesReference, args)) named[variable.name] ??= variable;
    return named;
  }

  async locals(frame) {
    return this.named((await this.scope('Locals', frame)).variablesReference);
  }

  async evaluate(expression, context = 'watch', args = {}) {
    return this.request('evaluate', { expression, context, ...args });
  }

  /** What an expression is, as text. */
  async value(expression, context, args) {
    return (await this.evaluate(expression, context, args)).result;
  }

  async functionBreakpoints(...names) {
    const breakpoints = names.map((name) => (typeof name === 'string' ? { name } : name));
    return (await this.request('setFunctionBreakpoints', { breakpoints })).breakpoints;
  }

  /** Sets all breakpoints of a file, each a line or more about one. */
  async breakpoints(file, ...wanted) {
    const breakpoints = wanted.map((line) => (typeof line === 'number' ? { line } : line));
    const args = { source: { path: file.path, name: path.basename(file.path) }, breakpoints };
    return (await this.request('setBreakpoints', args)).breakpoints;
  }

  async exceptions(filters, filterOptions) {
    return this.request('setExceptionBreakpoints', { filters, filterOptions });
  }
}

function timer(milliseconds) {
  let handle;
  const promise = new Promise((resolve) => {
    handle = setTimeout(resolve, milliseconds);
  });
  return { promise, cancel: () => clearTimeout(handle) };
}

async function patiently(promise, complaint, patience = PATIENCE) {
  const late = timer(patience);
  const never = late.promise.then(() => {
    throw new Error(complaint());
  });
  try {
    return await Promise.race([promise, never]);
  } finally {
    late.cancel();
  }
}
