// Completes launch configurations, and makes some where there are none.

'use strict';

const fs = require('node:fs');
const os = require('node:os');
const vscode = require('vscode');
const { locate } = require('./adapter.js');
const { configurationFor, resolve } = require('./configuration.js');
const { chooseProgram, programsIn } = require('./programs.js');

/**
 * Makes configurations to choose from, one for each program.
 *
 * @implements {vscode.DebugConfigurationProvider}
 */
class ConfigurationMaker {
  /**
   * What the list of configurations offers besides those of launch.json.
   *
   * @param {vscode.WorkspaceFolder | undefined} folder
   * @param {vscode.CancellationToken} [token]
   * @returns {Promise<vscode.DebugConfiguration[]>}
   */
  async provideDebugConfigurations(folder, token) {
    const programs = await programsIn(folder, token);
    return programs.map((program) => {
      const shown = vscode.workspace.asRelativePath(program, false);
      const configuration = configurationFor(folder ? `\${workspaceFolder}/${shown}` : program);
      return /** @type {vscode.DebugConfiguration} */ ({ ...configuration, name: `Debug ${shown}` });
    });
  }
}

/**
 * Completes configurations. The editor asks everyone who is registered to, so there is only one.
 *
 * @implements {vscode.DebugConfigurationProvider}
 */
class ConfigurationResolver {
  /**
   * Without a launch.json there is nothing at all in a configuration.
   *
   * @param {vscode.WorkspaceFolder | undefined} folder
   * @param {vscode.DebugConfiguration} configuration
   * @param {vscode.CancellationToken} [token]
   * @returns {Promise<vscode.DebugConfiguration | undefined>}
   */
  async resolveDebugConfiguration(folder, configuration, token) {
    if (configuration.type || configuration.request || configuration.name) return configuration;
    const program = await chooseProgram(folder, token).catch((error) =>
      tell(error.message, 'Create launch.json', 'workbench.action.debug.configure'),
    );
    if (!program) return undefined;
    return /** @type {vscode.DebugConfiguration} */ ({
      ...configurationFor(program),
      ...(configuration.noDebug ? { noDebug: true } : {}),
    });
  }

  /**
   * What is wrong is told here, with what helps; a session that has begun could only fail.
   *
   * @param {vscode.WorkspaceFolder | undefined} folder
   * @param {vscode.DebugConfiguration} configuration
   * @returns {Promise<vscode.DebugConfiguration | undefined>}
   */
  async resolveDebugConfigurationWithSubstitutedVariables(folder, configuration) {
    const resolved = resolve(configuration, {
      folder: (folder ?? vscode.workspace.workspaceFolders?.[0])?.uri.fsPath,
      home: os.homedir(),
      // A task may build the program only after this.
      look: configuration.preLaunchTask ? undefined : look,
    });
    if ('error' in resolved) {
      return tell(resolved.error, 'Open launch.json', 'workbench.action.debug.configure');
    }
    const found = locate(folder);
    if ('missing' in found) {
      // Where the editor's window is elsewhere, the setting is among those of this machine.
      const openSettings = vscode.env.remoteName
        ? 'workbench.action.openRemoteSettings'
        : 'workbench.action.openSettings';
      return tell(found.missing, 'Open the Setting', openSettings, { query: 'trapline.path' });
    }
    return /** @type {vscode.DebugConfiguration} */ (resolved.configuration);
  }
}

/** @param {string} file */
function look(file) {
  const stats = fs.statSync(file, { throwIfNoEntry: false });
  if (!stats) return 'nothing';
  return stats.isDirectory() ? 'folder' : 'file';
}

/**
 * Shows an error, with a button that does something about it.
 *
 * @param {string} message
 * @param {string} button
 * @param {string} command
 * @param {...unknown} operands
 * @returns {Promise<undefined>}
 */
async function tell(message, button, command, ...operands) {
  const answer = await vscode.window.showErrorMessage(message, { modal: true }, button);
  if (answer === button) await vscode.commands.executeCommand(command, ...operands);
  return undefined;
}

module.exports = { ConfigurationMaker, ConfigurationResolver };
