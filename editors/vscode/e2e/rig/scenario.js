// What the scenarios begin and end with: a workspace out of a guest, a server, a page.

'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { serve } = require('./server.js');
const { Workbench } = require('./workbench.js');

const E2E = path.dirname(__dirname);
const REPOSITORY = path.resolve(E2E, '../../..');
const TRAPLINE = path.resolve(process.env.TRAPLINE ?? path.join(REPOSITORY, 'target/debug/trapline'));

/** How many scenarios this process has begun. */
let begun = 0;

/**
 * A test in an editor that has a guest's folder open.
 *
 * @param {string} promise what the test is called
 * @param {object} options
 * @param {string} options.guest a folder of tests/guests, all of which is copied
 * @param {object[]} [options.configurations] of launch.json, which is left out without these
 * @param {Record<string, unknown>} [options.settings] besides where the program is
 * @param {(workbench: Workbench, folder: string) => Promise<void>} body
 */
function scenario(promise, { guest, configurations, settings }, body) {
  test(promise, { timeout: 300_000 }, async () => {
    assert.ok(fs.existsSync(TRAPLINE), `${TRAPLINE} is there; TRAPLINE names another`);
    // A short name, as there will be sockets below it.
    const work = path.join(E2E, '.work', `${path.basename(require.main?.filename ?? '', '.test.js')}-${++begun}`);
    fs.rmSync(work, { recursive: true, force: true });
    const folder = path.join(work, guest);
    fs.cpSync(path.join(REPOSITORY, 'tests/guests', guest), folder, { recursive: true });
    if (configurations) {
      fs.mkdirSync(path.join(folder, '.vscode'));
      fs.writeFileSync(
        path.join(folder, '.vscode/launch.json'),
        JSON.stringify({ version: '0.2.0', configurations }, null, 2),
      );
    }
    const server = await serve(work, {
      'trapline.path': TRAPLINE,
      'trapline.trace': path.join(work, 'dap.log'),
      ...settings,
    });
    try {
      const workbench = await Workbench.open(server.address, folder);
      try {
        await body(workbench, folder);
      } catch (error) {
        await workbench.evidence(work);
        throw error;
      } finally {
        await workbench.close();
      }
    } finally {
      await server.stop();
    }
  });
}

module.exports = { TRAPLINE, scenario };
