// A code-server of its own for each scenario: with the packed extension, and with folders that are new.

'use strict';

const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');

const E2E = path.dirname(__dirname);
const ENTRY = path.join(E2E, 'node_modules', 'code-server', 'out', 'node', 'entry.js');
const VSIX = path.join(path.dirname(E2E), 'trapline.vsix');

/** Settings that keep everything off the page that the scenarios are not about. */
const SETTINGS = {
  'breadcrumbs.enabled': false,
  'chat.commandCenter.enabled': false,
  'debug.openDebug': 'openOnDebugBreak',
  'debug.internalConsoleOptions': 'openOnSessionStart',
  'debug.inlineValues': 'off',
  'debug.showInStatusBar': 'always',
  'editor.minimap.enabled': false,
  'editor.stickyScroll.enabled': false,
  'extensions.ignoreRecommendations': true,
  'extensions.autoCheckUpdates': false,
  'files.simpleDialog.enable': true,
  'git.enabled': false,
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.showReleaseNotes': false,
  'window.menuBarVisibility': 'compact',
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.enableExperiments': false,
  'workbench.layoutControl.enabled': false,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

/**
 * @typedef {object} Server
 * @property {string} address
 * @property {() => Promise<void>} stop
 */

/**
 * Starts a server that has the extension.
 *
 * @param {string} work a folder for all that it keeps
 * @param {Record<string, unknown>} settings of the machine, which is where paths to programs belong
 * @returns {Promise<Server>}
 */
async function serve(work, settings) {
  const user = path.join(work, 'user');
  const args = [
    ENTRY,
    '--config',
    path.join(work, 'config.yaml'),
    '--user-data-dir',
    user,
    '--extensions-dir',
    path.join(work, 'extensions'),
  ];
  fs.writeFileSync(path.join(work, 'config.yaml'), 'auth: none\n');
  for (const [scope, values] of /** @type {const} */ ([['User', SETTINGS], ['Machine', settings]])) {
    fs.mkdirSync(path.join(user, scope), { recursive: true });
    fs.writeFileSync(path.join(user, scope, 'settings.json'), JSON.stringify(values));
  }
  execFileSync(process.execPath, [...args, '--install-extension', VSIX], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const server = spawn(
    process.execPath,
    [
      ...args,
      '--bind-addr',
      '127.0.0.1:0',
      '--disable-telemetry',
      '--disable-update-check',
      '--disable-getting-started-override',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = new Promise((resolve) => server.once('exit', resolve));
  return {
    address: await addressOf(server),
    async stop() {
      server.kill();
      await exited;
    },
  };
}

/**
 * The address that a server says it listens at.
 *
 * @param {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, null>} server
 * @returns {Promise<string>}
 */
function addressOf(server) {
  return new Promise((resolve, reject) => {
    const said = /** @type {string[]} */ ([]);
    readline.createInterface(server.stdout).on('line', (line) => {
      said.push(line);
      const address = /listening on (http:\/\/[^/\s]+)/.exec(line)?.[1];
      if (address) resolve(address);
    });
    server.once('exit', (code) => reject(new Error(`code-server ended (${code}):\n${said.join('\n')}`)));
  });
}

module.exports = { serve };
