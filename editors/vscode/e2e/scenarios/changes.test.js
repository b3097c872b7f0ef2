// A program that is changed while it is stopped, and begun anew.

'use strict';

const assert = require('node:assert/strict');
const { scenario } = require('../rig/scenario.js');

scenario(
  'a variable that is changed changes what the program does, and a restart takes it back',
  {
    guest: 'assertion',
    configurations: [
      { type: 'trapline', request: 'launch', name: 'Debug', program: '${command:trapline.pickProgram}' },
    ],
  },
  async (workbench) => {
    await workbench.openFile('assertion.c');
    await workbench.breakAt(13);
    await workbench.start();
    await workbench.stoppedIn('push', 'assertion.c13');
    await workbench.unfold('queue');
    await workbench.variable('length', '0').waitFor();
    assert.match(await workbench.pointAt('capacity', 12), /2/);

    await workbench.change('length', '1');
    await workbench.variable('length', '1').waitFor();
    await workbench.press('Continue');
    await workbench.exception().waitFor();
    assert.match(await workbench.exception().innerText(), /queue->length < queue->capacity/);
    // It is the second call that fails, not the third.
    await workbench.stoppedIn('__assert_fail', 'assert.c');
    await workbench.frames().filter({ hasText: 'main' }).first().click();
    await workbench.variable('i', '1').waitFor();
    await workbench.evaluate('i');
    await workbench.console().filter({ hasText: /^1$/ }).waitFor();

    await workbench.press('Restart');
    await workbench.stoppedIn('push', 'assertion.c13');
    await workbench.pausedOn('breakpoint');
    await workbench.unfold('queue');
    await workbench.variable('length', '0').waitFor();
  },
);
