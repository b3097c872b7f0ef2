// A program in C that crashes, from the first breakpoint to the crash.

'use strict';

const assert = require('node:assert/strict');
const { scenario } = require('../rig/scenario.js');

scenario(
  'a program in C stops at a breakpoint, is stepped through, and tells why it crashes',
  {
    guest: 'crash',
    configurations: [
      { type: 'trapline', request: 'launch', name: 'Debug crash', program: '${workspaceFolder}/crash.wasm' },
    ],
  },
  async (workbench) => {
    await workbench.openFile('report.c');
    await workbench.breakAt(12);

    await workbench.start();
    await workbench.stoppedIn('print_day', 'report.c');
    console.log(await workbench.callStack());
    await workbench.variable('day').waitFor();
    await workbench.unfold('summary');
    console.log(await workbench.variables());
    await workbench.picture('stopped');
    await workbench.press('Step Over');
    await workbench.stoppedIn('print_day', '13');
    await workbench.press('Continue');
    await workbench.exception().waitFor();
    console.log(await workbench.exception().innerText());
    console.log(await workbench.callStack());
    await workbench.picture('crash');
    assert.ok(true);
  },
);
