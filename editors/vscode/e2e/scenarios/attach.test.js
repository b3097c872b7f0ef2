// A program that runs already, and has no source but its own text.

'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const { TRAPLINE, scenario } = require('../rig/scenario.js');

const SPIN = `(module
  (global $turns (mut i32) (i32.const 0))
  (func $turn (param $by i32)
    (global.set $turns (i32.add (global.get $turns) (local.get $by))))
  (func $start (export "_start")
    (loop $forever
      (call $turn (i32.const 3))
      (br $forever))))
`;

scenario(
  'a program that runs is attached to, held up, and goes on when the editor leaves',
  { files: { 'spin.wat': SPIN } },
  async (workbench, folder) => {
    const program = spawn(TRAPLINE, ['run', '--listen', '127.0.0.1:0', path.join(folder, 'spin.wat')], {
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    const ended = new Promise((resolve) => program.once('exit', (_, signal) => resolve(signal)));
    try {
      const said = await firstLine(program.stderr);
      const [, port, token] = /:(\d+) with the token (\w+)/.exec(said) ?? assert.fail(said);
      const configuration = {
        type: 'trapline',
        request: 'attach',
        name: 'Attach',
        port: Number(port),
        token: '${command:trapline.askToken}',
      };
      fs.mkdirSync(path.join(folder, '.vscode'));
      fs.writeFileSync(
        path.join(folder, '.vscode/launch.json'),
        JSON.stringify({ version: '0.2.0', configurations: [configuration] }),
      );
      await workbench.openFile('spin.wat');
      await workbench.pointBeside(4);
      await workbench.page.locator('[id="status.debug"]').filter({ hasText: 'Attach' }).waitFor();
      await workbench.start();
      await workbench.answer(token);

      await workbench.press('Pause');
      await workbench.stoppedIn(/turn|start/, '');
      await workbench.openScope('WebAssembly globals');
      await workbench.variable('$global0').waitFor();
      await workbench.press('Disconnect');
      await workbench.page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
      assert.equal(program.exitCode, null, 'it still runs');
    } finally {
      program.kill();
    }
    assert.equal(await ended, 'SIGTERM');
  },
);

/**
 * @param {import('node:stream').Readable} stream
 * @returns {Promise<string>}
 */
function firstLine(stream) {
  return new Promise((resolve) => readline.createInterface(stream).once('line', resolve));
}
