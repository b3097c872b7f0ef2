// Makes the code-server that npm has unpacked ready to run.
//
// The package installs and builds all that it may ever use, of which some wants libraries or
// downloads that have nothing to do with debugging. So its install script is not run (see .npmrc);
// this does the part that is needed. What has been done is not done again.

'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const CODE_SERVER = path.join(__dirname, 'node_modules', 'code-server');
const VSCODE = path.join(CODE_SERVER, 'lib', 'vscode');

/** npm's own node-gyp. npm tells the scripts that it runs where that is. */
const NODE_GYP = [process.execPath, process.env.npm_config_node_gyp ?? ''];

/** The native modules without which the server does not start, and how each is built. */
const NATIVE = [
  {
    folder: path.join(__dirname, 'node_modules', 'argon2'),
    built: 'lib/binding/napi-v3/argon2.node',
    build: ['npx', 'node-pre-gyp', 'rebuild', '--build-from-source'],
  },
  ...[
    ['@vscode/spdlog', 'spdlog'],
    ['native-watchdog', 'watchdog'],
    ['node-pty', 'pty'],
  ].map(([name, built]) => ({
    folder: path.join(VSCODE, 'node_modules', name),
    built: `build/Release/${built}.node`,
    build: [...NODE_GYP, 'rebuild'],
  })),
];

function main() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major !== 20) {
    throw new Error(
      `code-server needs node 20, and this is ${process.version}. "npx -p node@20 npm run e2e" runs it with that.`,
    );
  }
  if (!process.env.npm_config_node_gyp) throw new Error('Run this as "npm run setup".');
  if (!fs.existsSync(CODE_SERVER)) run(['npm', 'ci', '--no-audit', '--no-fund'], __dirname);
  for (const folder of [VSCODE, path.join(VSCODE, 'extensions')]) {
    if (fs.existsSync(path.join(folder, 'node_modules'))) continue;
    // Not `npm ci`, which finds that the package's own lock file does not fit it.
    run(['npm', 'install', '--no-save', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund'], folder);
  }
  // Parts of the editor look for modules in an archive that the desktop's has.
  const archive = path.join(VSCODE, 'node_modules.asar');
  if (!fs.existsSync(archive)) fs.symlinkSync('node_modules', archive);
  // The editor searches folders with ripgrep, which its package would download.
  const ripgrep = path.join(VSCODE, 'node_modules', '@vscode', 'ripgrep', 'bin', 'rg');
  const found = (process.env.PATH ?? '').split(':').map((folder) => path.join(folder, 'rg'));
  const installed = found.find((file) => fs.existsSync(file));
  if (!installed) throw new Error('ripgrep is missing: install it such that rg is in a folder of PATH.');
  fs.mkdirSync(path.dirname(ripgrep), { recursive: true });
  if (!fs.existsSync(ripgrep)) fs.symlinkSync(installed, ripgrep);
  for (const { folder, built, build } of NATIVE) {
    if (!fs.existsSync(path.join(folder, built))) run(build, folder);
  }
}

/**
 * @param {string[]} command
 * @param {string} cwd
 */
function run([command, ...args], cwd) {
  console.log(`${path.relative(__dirname, cwd) || '.'}: ${command} ${args.join(' ')}`);
  execFileSync(command, args, { cwd, stdio: 'inherit', env: { ...process.env, ...headers() } });
}

/** Node's headers, if they are beside it; else they are downloaded. */
function headers() {
  const prefix = path.dirname(path.dirname(process.execPath));
  return fs.existsSync(path.join(prefix, 'include', 'node', 'node.h')) ? { npm_config_nodedir: prefix } : {};
}

main();
