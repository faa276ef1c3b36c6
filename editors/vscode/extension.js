// Starts `closurelens lsp` for Rust files, and says how it is. All that is shown comes from the server: there is nothing here to
// know about Rust.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { execFile } = require('node:child_process');
const vscode = require('vscode');
const { LanguageClient, State } = require('vscode-languageclient/node');

const ID = 'closurelens';
const NAME = 'closurelens';
const HINTS = ['inlayHints.traits', 'inlayHints.captures'];
const OF_THE_START = ['path', 'args', 'interpreter'];

let client;
let channel;
let status;
/** Starts and stops follow each other: none begins before the one before it has ended. */
let last = Promise.resolve();

function settings() {
  return vscode.workspace.getConfiguration(ID);
}

function onPath(name) {
  const suffixes = process.platform === 'win32' ? ['.exe', '.cmd', '.bat'] : [''];
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    for (const suffix of suffixes) {
      const file = path.join(folder, name + suffix);
      if (folder && fs.existsSync(file)) return file;
    }
  }
  return undefined;
}

function hasModule(interpreter) {
  const code = 'import sys, closurelens; sys.exit(sys.version_info < (3, 11))';
  return new Promise((resolve) => execFile(interpreter, ['-c', code], (error) => resolve(!error)));
}

/** What to start; undefined if there is no closurelens. The path setting, the PATH, a Python that has it: in this order. */
async function server() {
  const args = settings().get('args') ?? ['lsp'];
  const chosen = settings().get('path') || onPath(NAME);
  if (chosen) return { command: chosen, args };
  const interpreter = settings().get('interpreter') || onPath('python3') || onPath('python');
  if (interpreter && (await hasModule(interpreter))) return { command: interpreter, args: ['-m', NAME, ...args] };
  return undefined;
}

function tell(icon, text, problem) {
  status.text = `$(${icon}) ${NAME}`;
  status.severity = problem ?? vscode.LanguageStatusSeverity.Information;
  status.detail = text;
  status.command = { command: `${ID}.showLog`, title: 'Log' };
  status.busy = icon === 'loading~spin';
}

function report(state) {
  if (state === State.Running) tell('check', hintsAreOn() ? 'running' : 'running, hints switched off');
  else if (state === State.Starting) tell('loading~spin', 'starting');
  else tell('circle-slash', 'not running', vscode.LanguageStatusSeverity.Warning);
}

function hintsAreOn() {
  return HINTS.some((name) => settings().get(name));
}

async function start() {
  tell('loading~spin', 'starting');
  const found = await server();
  if (!found) {
    tell('error', 'not installed', vscode.LanguageStatusSeverity.Error);
    channel.error('There is no closurelens on the PATH or in Python. Install it: pipx install closurelens');
    const open = 'Open Settings';
    const text = 'closurelens is not installed. Install it with "pipx install closurelens", or set its path.';
    vscode.window.showErrorMessage(text, open).then((answer) => {
      if (answer === open) vscode.commands.executeCommand('workbench.action.openSettings', `${ID}.path`);
    });
    return;
  }
  channel.info(`starting ${[found.command, ...found.args].join(' ')}`);
  client = new LanguageClient(ID, NAME, found, {
    documentSelector: [{ language: 'rust', scheme: 'file' }, { language: 'rust', scheme: 'untitled' }],
    outputChannel: channel,
    initializationOptions: settings(),
    markdown: { supportHtml: false },
  });
  client.onDidChangeState(({ newState }) => report(newState));
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    tell('error', 'it does not start', vscode.LanguageStatusSeverity.Error);
    channel.error(String(error));
    const log = 'Show Log';
    vscode.window.showErrorMessage(`closurelens does not start: ${error.message ?? error}`, log).then((answer) => {
      if (answer === log) channel.show();
    });
  }
}

async function stop() {
  const old = client;
  client = undefined;
  if (!old) return;
  try {
    await old.stop();
  } catch (error) {
    channel.warn(`stopping: ${error}`); // it has ended by itself
  }
}

function restart() {
  last = last.then(stop).then(start);
  return last;
}

async function toggleHints() {
  const now = !hintsAreOn();
  for (const name of HINTS) {
    await settings().update(name, now ? undefined : false, vscode.ConfigurationTarget.Global);
  }
}

exports.activate = async function activate(context) {
  channel = vscode.window.createOutputChannel(NAME, { log: true });
  status = vscode.languages.createLanguageStatusItem(ID, { language: 'rust' });
  status.name = NAME;
  context.subscriptions.push(
    channel,
    status,
    vscode.commands.registerCommand(`${ID}.restart`, restart),
    vscode.commands.registerCommand(`${ID}.showLog`, () => channel.show()),
    vscode.commands.registerCommand(`${ID}.toggleHints`, toggleHints),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (OF_THE_START.some((name) => event.affectsConfiguration(`${ID}.${name}`))) restart();
      else if (client) report(client.state);
    }),
  );
  last = start();
  await last;
};

exports.deactivate = function deactivate() {
  last = last.then(stop);
  return last;
};
