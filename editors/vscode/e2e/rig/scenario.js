// What the scenarios begin and end with: a workspace out of a guest, a server, a page.

'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { serve } = require('./server.js');
const { Workbench } = require('./workbench.js');

const REPOSITORY = path.resolve(__dirname, '../../../..');
const TRAPLINE = path.resolve(process.env.TRAPLINE ?? path.join(REPOSITORY, 'target/debug/trapline'));

/** The file that the scenarios are in, and how many of them have begun. */
const FILE = path.basename(require.main?.filename ?? '', '.test.js');
let begun = 0;

/**
 * A test in an editor that has a copy of a guest's folder open. What a failed one leaves is kept, with a
 * picture of the page.
 *
 * @param {string} promise what the test is called
 * @param {object} options
 * @param {string} [options.guest] a folder of tests/guests; without it the editor's folder is empty
 * @param {string} [options.at] where the copy is; by default where sources are found without more, as its
 *   path ends like those in the debug information
 * @param {Record<string, string>} [options.files] texts of further files
 * @param {object[]} [options.configurations] of launch.json, which is left out without these
 * @param {Record<string, unknown>} [options.settings] besides where the program is
 * @param {(workbench: Workbench, folder: string) => Promise<void>} body
 */
function scenario(promise, options, body) {
  test(promise, { timeout: 300_000 }, async () => {
    assert.ok(fs.existsSync(TRAPLINE), `${TRAPLINE} is there; TRAPLINE names another`);
    // Not below the repository, in which sources would be found.
    const work = path.join(os.tmpdir(), `trapline-${FILE}-${++begun}`);
    fs.rmSync(work, { recursive: true, force: true });
    const { guest, at = guest ? `tests/guests/${guest}` : 'folder', configurations } = options;
    const folder = path.join(work, at);
    fs.mkdirSync(folder, { recursive: true });
    if (guest) fs.cpSync(path.join(REPOSITORY, 'tests/guests', guest), folder, { recursive: true });
    const files = { ...options.files };
    if (configurations) {
      files['.vscode/launch.json'] = JSON.stringify({ version: '0.2.0', configurations }, null, 2);
    }
    for (const [name, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), text);
    }
    const server = await serve(work, {
      'trapline.path': TRAPLINE,
      'trapline.trace': path.join(work, 'dap.log'),
      ...options.settings,
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
    fs.rmSync(work, { recursive: true });
  });
}

module.exports = { TRAPLINE, scenario };
