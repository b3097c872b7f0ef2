// A program in Rust.

'use strict';

const { scenario } = require('../rig/scenario.js');

scenario(
  'a program in Rust shows slices, vectors and boxes as what they hold',
  {
    guest: 'values',
    configurations: [
      {
        type: 'trapline',
        request: 'launch',
        name: 'Debug values',
        program: '${workspaceFolder}/rust-O0-4.wasm',
      },
    ],
  },
  async (workbench) => {
    await workbench.openFile('rust/src/main.rs');
    await workbench.goTo(149);
    await workbench.breakAt(149);
    await workbench.start();

    await workbench.stoppedIn('values::sequences', 'main.rs149');
    await workbench.makeRoom(440);
    await workbench.variable('slice', '[20, 30]').waitFor();
    await workbench.unfold('vector');
    await workbench.variable('[2]', '3').waitFor();
    await workbench.variable('boxed', '[8, 9]').waitFor();
    await workbench.picture('rust');

    await workbench.press('Step Out');
    await workbench.stoppedIn('values::main', 'main.rs');
  },
);
