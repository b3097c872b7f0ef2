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

    await workbench.stoppedIn('print_day', 'report.c12');
    await workbench.makeRoom(420);
    await workbench.calledFrom([
      'print_day report.c:12',
      'print_report report.c:22',
      'main crash.c:19',
    ]);
    await workbench.variable('day', '0').waitFor();
    await workbench.openScope('Locals');
    await workbench.unfold('summary');
    await workbench.variable('readings', '4').waitFor();
    const variables = await workbench.variables();
    for (const variable of ['day: 0', 'readings: 4', 'lowest: 132', 'highest: 211', 'mean: 170']) {
      assert.ok(variables.includes(variable), `${variable} is among ${variables.join(', ')}`);
    }
    await workbench.console().filter({ hasText: 'Temperatures in June' }).waitFor();
    await workbench.evaluate('summary.highest - summary.lowest');
    await workbench.console().filter({ hasText: /^79$/ }).waitFor();
    await workbench.picture('stopped');

    await workbench.press('Step Over');
    await workbench.stoppedIn('print_day', 'report.c13');
    // The second day has other values.
    await workbench.press('Continue');
    await workbench.stoppedIn('print_day', 'report.c12');
    await workbench.variable('day', '1').waitFor();
    await workbench.clearAt(12);

    await workbench.press('Continue');
    await workbench.exception().waitFor();
    const why = await workbench.exception().innerText();
    assert.match(why, /Exception has occurred/);
    assert.match(why, /out of bounds memory access.* 0x22010000/);
    await workbench.stoppedIn('load_u16', 'archive.h27');
    await workbench.calledFrom([
      'load_u16 archive.h:27',
      'archive_summarize archive.c:15',
      'print_day report.c:11',
      'print_report report.c:22',
      'main crash.c:19',
    ]);
    await workbench.console().filter({ hasText: 'day 2: -0.5  3.4  9.6  (3 readings)' }).waitFor();
    await workbench.picture('crash');

    await workbench.press('Stop');
    await workbench.page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
  },
);
