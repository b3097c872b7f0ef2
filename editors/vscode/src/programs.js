// Which program is meant where nothing says so: the one that is open, or those of the workspace.

'use strict';

const vscode = require('vscode');
const { isProgram } = require('./configuration.js');

/** What holds programs in great number that nobody wrote. */
const ELSEWHERE = '**/{node_modules,.git,deps,incremental,build-script-build}/**';

/**
 * The program in the editor that is open, if it is one.
 *
 * @returns {string | undefined}
 */
function openProgram() {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const uri =
    input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom
      ? input.uri
      : vscode.window.activeTextEditor?.document.uri;
  return uri?.scheme === 'file' && isProgram(uri.fsPath) ? uri.fsPath : undefined;
}

/**
 * The programs of a folder of the workspace, or of all of it.
 *
 * @param {vscode.WorkspaceFolder | undefined} folder
 * @param {vscode.CancellationToken} [token]
 * @returns {Promise<string[]>}
 */
async function programsIn(folder, token) {
  const pattern = '**/*.{wasm,wat}';
  const uris = await vscode.workspace.findFiles(
    folder ? new vscode.RelativePattern(folder, pattern) : pattern,
    ELSEWHERE,
    500,
    token,
  );
  return uris.map((uri) => uri.fsPath).sort();
}

/**
 * The program to debug where nothing says which: the open one, or the only one there is, or the one
 * that the user chooses. `undefined` if the user would rather not; an error if there is none.
 *
 * @param {vscode.WorkspaceFolder | undefined} folder
 * @param {vscode.CancellationToken} [token]
 * @returns {Promise<string | undefined>}
 */
async function chooseProgram(folder, token) {
  const open = openProgram();
  if (open) return open;
  const programs = await programsIn(folder, token);
  if (programs.length === 0) {
    throw new Error(
      'There is no .wasm or .wat file in the workspace to debug. Build the program first, or name it ' +
        'with "program" in a launch configuration.',
    );
  }
  if (programs.length === 1) return programs[0];
  const choice = await vscode.window.showQuickPick(
    programs.map((file) => ({ label: vscode.workspace.asRelativePath(file), file })),
    { title: 'Debug with Trapline', placeHolder: 'The program to debug' },
    token,
  );
  return choice?.file;
}

module.exports = { chooseProgram, openProgram, programsIn };
