// A program below its source.

'use strict';

const { scenario } = require('../rig/scenario.js');

scenario(
  'instructions are shown with their lines, and stepped over one by one',
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
    await workbench.stoppedIn('print_day', 'report.c12');

    await workbench.command('Open Disassembly View');
    await workbench.atInstruction('i32.add');
    await workbench.makeRoom(420);
    await workbench.openScope('WebAssembly operands');
    await workbench.variable('$stack2', '1').waitFor();
    await workbench.picture('instructions');
    await workbench.press('Step Over');
    await workbench.atInstruction('i32.store offset=64');
  },
);
