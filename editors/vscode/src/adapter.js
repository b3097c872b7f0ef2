// Starts the debug adapter, `trapline dap`, for launched programs and for attached ones alike: it is
// the adapter that connects to a program that waits.

'use strict';

const fs = require('node:fs');
const os = require('node:os');
const vscode = require('vscode');
const { expand, findBinary } = require('./binary.js');

/** @implements {vscode.DebugAdapterDescriptorFactory} */
class AdapterFactory {
  /**
   * @param {vscode.DebugSession} session
   * @returns {vscode.DebugAdapterDescriptor}
   */
  createDebugAdapterDescriptor(session) {
    const found = locate(session.workspaceFolder);
    if ('missing' in found) throw new Error(found.missing);
    const { trace } = settings(session.workspaceFolder);
    const log = trace === '' ? [] : ['--log', expand(trace, places())];
    const { cwd } = session.configuration;
    return new vscode.DebugAdapterExecutable(found.path, ['dap', ...log], cwd ? { cwd } : {});
  }
}

/**
 * Where the program is that a session in a folder would use.
 *
 * @param {vscode.WorkspaceFolder | undefined} folder
 */
function locate(folder) {
  return findBinary({
    ...places(),
    setting: settings(folder).path,
    searchPath: process.env.PATH,
    platform: process.platform,
    isExecutable,
  });
}

/** @param {vscode.WorkspaceFolder | undefined} folder */
function settings(folder) {
  const all = vscode.workspace.getConfiguration('trapline', folder);
  return { path: all.get('path', '').trim(), trace: all.get('trace', '').trim() };
}

/** What paths in settings may begin with. */
function places() {
  return {
    home: os.homedir(),
    folders: (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath),
  };
}

/** @param {string} file */
function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

module.exports = { AdapterFactory, locate };
