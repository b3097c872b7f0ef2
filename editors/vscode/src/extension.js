// What the editor calls when it needs Trapline.

'use strict';

const vscode = require('vscode');
const { AdapterFactory } = require('./adapter.js');
const { configurationFor } = require('./configuration.js');
const { chooseProgram } = require('./programs.js');
const { ConfigurationMaker, ConfigurationResolver } = require('./provider.js');

const TYPE = 'trapline';

/** @param {vscode.ExtensionContext} context */
function activate(context) {
  const { Dynamic } = vscode.DebugConfigurationProviderTriggerKind;
  context.subscriptions.push(
    vscode.debug.registerDebugConfigurationProvider(TYPE, new ConfigurationMaker(), Dynamic),
    vscode.debug.registerDebugConfigurationProvider(TYPE, new ConfigurationResolver()),
    vscode.debug.registerDebugAdapterDescriptorFactory(TYPE, new AdapterFactory()),
    vscode.commands.registerCommand('trapline.debug', (uri) => start(uri, false)),
    vscode.commands.registerCommand('trapline.run', (uri) => start(uri, true)),
    vscode.commands.registerCommand('trapline.pickProgram', () => chosen(undefined)),
    vscode.commands.registerCommand('trapline.askToken', askToken),
  );
}

/**
 * Debugs or runs a program that was clicked at, or else the one that is open or chosen.
 *
 * @param {vscode.Uri | undefined} uri
 * @param {boolean} noDebug
 */
async function start(uri, noDebug) {
  const program = await chosen(uri);
  if (!program) return;
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(program));
  await vscode.debug.startDebugging(
    folder ?? vscode.workspace.workspaceFolders?.[0],
    /** @type {vscode.DebugConfiguration} */ (configurationFor(program)),
    { noDebug },
  );
}

/**
 * @param {vscode.Uri | undefined} uri
 * @returns {Promise<string | undefined>}
 */
async function chosen(uri) {
  if (uri instanceof vscode.Uri) return uri.fsPath;
  try {
    return await chooseProgram(undefined);
  } catch (error) {
    void vscode.window.showErrorMessage(/** @type {Error} */ (error).message);
    return undefined;
  }
}

/** Asks for the token of a program that waits, which is better not kept in a file. */
async function askToken() {
  return vscode.window.showInputBox({
    title: 'Attach with Trapline',
    prompt: 'The token that the program printed when it began to wait for a debugger',
    password: true,
    ignoreFocusOut: true,
  });
}

module.exports = { activate };
