// How a session begins, or why it does not.

'use strict';

const assert = require('node:assert/strict');
const { scenario } = require('../rig/scenario.js');

scenario(
  'a program is debugged from the explorer without a launch.json',
  { guest: 'crash' },
  async (workbench) => {
    await workbench.openFile('report.c');
    await workbench.breakAt(12);
    await workbench.chooseFor('crash.wasm', 'Debug with Trapline');
    await workbench.stoppedIn('print_day', 'report.c');
  },
);

scenario(
  'without a launch.json the only program in the workspace is meant',
  { guest: 'crash' },
  async (workbench) => {
    await workbench.openFile('report.c');
    await workbench.breakAt(12);
    await workbench.page.keyboard.press('F5');
    await workbench.stoppedIn('print_day', 'report.c12');
  },
);

scenario(
  'a program is run from the explorer, and stops nowhere',
  { guest: 'crash' },
  async (workbench) => {
    await workbench.openFile('report.c');
    await workbench.breakAt(12);
    await workbench.chooseFor('crash.wasm', 'Run with Trapline');
    await workbench.console().filter({ hasText: 'day 2: -0.5  3.4  9.6  (3 readings)' }).waitFor();
    await workbench.console().filter({ hasText: 'out of bounds memory access' }).first().waitFor();
    await workbench.page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
  },
);

scenario(
  'without the program a message tells so and leads to the setting',
  {
    guest: 'crash',
    configurations: [
      { type: 'trapline', request: 'launch', name: 'Debug', program: '${workspaceFolder}/crash.wasm' },
    ],
    settings: { 'trapline.path': '/nowhere/trapline' },
  },
  async (workbench) => {
    await workbench.openFile('report.c');
    await workbench.breakAt(12);
    await workbench.start();
    await workbench.dialog().waitFor();
    assert.match(await workbench.dialog().innerText(), /trapline\.path names \/nowhere\/trapline/);
    await workbench.dialog().getByRole('button', { name: 'Open the Setting' }).click();
    await workbench.page.locator('.settings-editor').getByText('Trapline: Path').waitFor();
  },
);

scenario(
  'what is wrong with a configuration is told before a session begins',
  {
    guest: 'crash',
    configurations: [{ type: 'trapline', request: 'launch', name: 'Debug', program: 'crush.wasm' }],
  },
  async (workbench, folder) => {
    await workbench.openFile('report.c');
    await workbench.breakAt(12);
    await workbench.start();
    await workbench.dialog().waitFor();
    const text = await workbench.dialog().innerText();
    assert.ok(text.includes(`"program" names ${folder}/crush.wasm, which does not exist.`), text);
    await workbench.dialog().getByRole('button', { name: 'Open launch.json' }).click();
    await workbench.page.locator('.tab.active').filter({ hasText: 'launch.json' }).waitFor();
  },
);
