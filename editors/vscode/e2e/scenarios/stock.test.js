// A program in C++ whose sources are elsewhere than they were compiled.

'use strict';

const assert = require('node:assert/strict');
const { scenario } = require('../rig/scenario.js');

scenario(
  'a program in C++ shows containers as what they hold, found by a source map',
  {
    guest: 'stock',
    at: 'shop',
    configurations: [
      {
        type: 'trapline',
        request: 'launch',
        name: 'Debug stock',
        program: 'stock.wasm',
        sourceMap: { 'tests/guests/stock': '${workspaceFolder}' },
      },
    ],
  },
  async (workbench) => {
    await workbench.openFile('stock.cc');
    await workbench.breakAt(19);
    await workbench.start();

    await workbench.stoppedIn('Printer::visit', 'stock.cc19');
    await workbench.makeRoom(440);
    await workbench.unfold('ledger');
    await workbench.variable('name_', 'apples').waitFor();
    await workbench.unfold('entries_');
    await workbench.unfold('[1]');
    await workbench.variable('units', '80').waitFor();
    await workbench.picture('containers');

    await workbench.press('Step Into');
    await workbench.stoppedIn('unit_price', 'ledger.h48');
    await workbench.press('Step Out');
    await workbench.stoppedIn('Printer::visit', 'stock.cc19');
    await workbench.clearAt(19);
    await workbench.press('Continue');
    await workbench.exception().waitFor();
    assert.match(await workbench.exception().innerText(), /integer divide by zero/);
  },
);
