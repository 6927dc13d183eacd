// docs/terminal.md: what a terminal of 80 columns shows, recorded. A real terminal (tmux), the package as it is published, and our own
// registry on loopback with the images of the demo. In front of it stands a proxy that holds a layer back at its middle, so that what
// moves stands still at the same place each time. Times and speeds, and what each machine has of its own, are replaced: twice the same.
//
//   node scripts/record-terminal.mjs           writes docs/terminal.md
//   node scripts/record-terminal.mjs --print   prints it
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { demoImages } from '../src/workflows/demo-images.ts';
import { startDemoRegistry } from '../src/workflows/demo-registry.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** That of the demo: references, and so ids and digests, have it in them. */
const port = 5080;
const host = `127.0.0.1:${port}`;
const columns = 80;
const patienceMs = 300_000;
const socket = `palette-edge-recording-${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), 'palette-edge-recording-'));
const home = join(folder, 'edge');
/** Those of the demo, under names that leave the command lines short. */
const profiles = { 'infra.yaml': 'edge-infra.yaml', 'shop.yaml': 'shop-addon.yaml' };
const named = Object.keys(profiles)
  .map((name) => `--profile ${name}`)
  .join(' ');

// First: the registry takes another port then.
const proxy = await startProxy();
const registry = await startDemoRegistry(folder);
proxy.standBefore(registry.port);
try {
  openTerminal();
  const page = pageOf(await record());
  if (process.argv.includes('--print')) process.stdout.write(page);
  else writeFileSync(join(root, 'docs/terminal.md'), page);
} finally {
  tmux(['kill-server']);
  proxy.close();
  await registry.close();
  rmSync(folder, { recursive: true, force: true });
}

/** The screens, in the order of the page: what somebody sees who builds for the first time. */
async function record() {
  const screens = [];
  const shot = (title, text, shown) => screens.push({ title, text, shown });
  shot(
    'Is this machine ready?',
    'Each thing with its state; what is not well has its reason and a remedy.',
    await run(`palette-edge doctor ${host} --profile infra.yaml`),
  );
  shot(
    'What would be pulled?',
    'The plan, before anything is pulled. Warnings come first, with their [code](errors.md).',
    await run(`palette-edge build ${named} --dry-run`),
  );
  shot(
    'A failure',
    'What failed, why, the code to look up, and what to do about it.',
    await run(`palette-edge build --image ${host}/demo/shop/web:0.5.0`),
  );
  const { middle, stopped } = await buildAndStop();
  shot(
    'While it builds',
    'A bar for all of it, and one for each layer on its way. In a log there is a line every ten seconds.',
    middle,
  );
  shot('Ctrl-C', 'What was pulled is kept, half a layer too.', from(stopped, 'Error: '));
  shot(
    'Going on',
    'The same command again: only what is missing is pulled.',
    from(await run(`palette-edge build ${named} -o edge.tar.zst`), 'Plan'),
  );
  shot('Is it whole?', 'Every byte is hashed.', await run('palette-edge verify edge.tar.zst'));
  return screens;
}

/** The screen from a line on: what is above stands on another one, too. */
function from(shown, start) {
  return `…${shown.slice(shown.indexOf(`\n${start}`))}`;
}

/** A build that stands still in the middle of two layers, and is interrupted there. */
async function buildAndStop() {
  proxy.hold();
  await begin(`palette-edge build ${named} -o edge.tar.zst`);
  await until(() => proxy.isStill() && /^Pulling .*left/m.test(screen()));
  // What arrived is drawn a moment later.
  await sleep(2000);
  const middle = inOrder(masked(screen()));
  tmux(['send-keys', '-t', 'main', 'C-c']);
  await ended();
  proxy.release();
  return { middle, stopped: masked(screen()) };
}

/** Bars of layers below the one of all: which of them began first is up to chance. */
function inOrder(shown) {
  const lines = shown.split('\n');
  const first = lines.findIndex((line) => line.startsWith('Pulling ')) + 1;
  return [...lines.slice(0, first), ...lines.slice(first).toSorted()].join('\n');
}

async function run(command) {
  await begin(command);
  await ended();
  return masked(screen());
}

/** Types a command on an empty screen. */
async function begin(command) {
  tmux(['send-keys', '-t', 'main', 'C-l']);
  await until(() => screen() === '$');
  tmux(['send-keys', '-t', 'main', '-l', command]);
  await until(() => screen() === `$ ${command}`);
  tmux(['send-keys', '-t', 'main', 'Enter']);
}

/** Waits for the prompt behind the command. */
async function ended() {
  await until(() => screen().endsWith('\n$'));
}

async function until(isSo) {
  const end = performance.now() + patienceMs;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`nothing came of it:\n${screen()}`);
    await sleep(200);
  }
}

function screen() {
  return tmux(['capture-pane', '-p', '-t', 'main']).replaceAll(/ +$/gm, '').trimEnd();
}

/** What is another on each machine and in each run. Columns keep their places. */
function masked(text) {
  return text
    .replace(/\n\$$/, '')
    .replaceAll(/^(Pulling .* %), .*$/gm, (_, start) => `${start}, 5.00 MB/s, 2 s left`.slice(0, columns))
    .replaceAll(/\bin (?:under )?\d+ s(?: \d+ s)?\b/g, 'in 2 s')
    .replaceAll(/\b[\d.]+ GB( free|\s+for store)/g, '39.0 GB$1')
    .replaceAll(home, '/home/edge')
    .replaceAll(/(node: )[\d.]+, supported until [\d-]+/g, '$124.21.0, supported until 2028-04-30')
    .replaceAll(/(zstd: )[\d.]+/g, '$11.5.7')
    .replaceAll(/(xorriso: )[\d.]+/g, '$11.5.4');
}

/** A terminal with a shell, in an environment without anybody's settings. */
function openTerminal() {
  const program = buildPackage();
  const path = [dirname(program), dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter);
  const environment = [
    `HOME=${home}`,
    `PATH=${path}`,
    'LC_ALL=C.UTF-8',
    'PS1=$ ',
    `PALETTE_EDGE_PLAIN_HTTP=${host}`,
  ];
  mkdirSync(home, { recursive: true });
  for (const [name, source] of Object.entries(profiles)) {
    const text = readFileSync(join(root, 'fixtures/demo', source), 'utf8');
    writeFileSync(join(home, name), text.replaceAll(/\{\{ ?\.spectro\.var\.Registry ?\}\}/g, host));
  }
  const shell = ['env', '-i', ...environment, 'TERM=tmux-256color', 'bash', '--noprofile', '--norc'];
  const size = ['-x', String(columns), '-y', '60'];
  tmux(['new-session', '-d', '-s', 'main', ...size, '-c', home, ...shell]);
  tmux(['set-option', '-g', 'status', 'off']);
}

/** @returns a program called `palette-edge`: the package as it is published */
function buildPackage() {
  const built = join(root, 'node_modules/.cache/package-of-recording');
  rmSync(built, { recursive: true, force: true });
  for (const path of ['bin', 'docs/schemas', 'fixtures/demo', 'package.json'])
    cpSync(join(root, path), join(built, path), { recursive: true });
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs'), built], { stdio: 'inherit' });
  const program = join(folder, 'programs/palette-edge');
  mkdirSync(dirname(program));
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${built}/bin/run.js' "$@"\n`);
  chmodSync(program, 0o755);
  return program;
}

function tmux(args) {
  return execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' });
}

/**
 * Answers as the registry does. While it holds, two layers stop at half of their bytes, and all others come at once.
 */
async function startProxy() {
  let behind = 0;
  const held = new Map(['demo/ubuntu', 'demo/calico/node'].map((repository) => halfOf(repository)));
  let isHolding = false;
  let lastMove = performance.now();
  const open = new Set();
  const server = createServer((incoming, outgoing) => {
    const { method, headers, url } = incoming;
    const onward = request({ host: '127.0.0.1', port: behind, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      const digest = url.slice(url.lastIndexOf('/') + 1);
      send(answer, outgoing, isHolding && method === 'GET' ? held.get(digest) : undefined);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  const send = (answer, outgoing, limit = Number.POSITIVE_INFINITY) => {
    let sent = 0;
    open.add(outgoing);
    outgoing.on('close', () => open.delete(outgoing));
    outgoing.on('finish', () => open.delete(outgoing));
    answer.on('data', (bytes) => {
      lastMove = performance.now();
      const some = bytes.subarray(0, Math.max(0, limit - sent));
      sent += some.length;
      if (some.length > 0) outgoing.write(some);
    });
    answer.on('end', () => {
      if (limit === Number.POSITIVE_INFINITY) outgoing.end();
    });
    answer.on('error', () => outgoing.destroy());
  };
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    standBefore: (other) => (behind = other),
    hold: () => (isHolding = true),
    release: () => (isHolding = false),
    /** Nothing but what is held is under way, and has been for a while. */
    isStill: () => open.size === held.size && performance.now() - lastMove > 1000,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The digest of the largest layer of an image, and half of its bytes. */
function halfOf(repository) {
  const image = demoImages().find((each) => each.repository === repository);
  const [layer] = image.blobs.map(({ descriptor }) => descriptor).toSorted((a, b) => b.size - a.size);
  return [layer.digest, Math.floor(layer.size / 2)];
}

function pageOf(screens) {
  const parts = screens.map(({ title, text, shown }) =>
    [`## ${title}`, '', text, '', '```console', shown, '```', ''].join('\n'),
  );
  return [
    '<!-- Recorded by npm run docs:terminal. Do not edit. -->',
    '',
    '# At a terminal',
    '',
    'What a terminal of 80 columns shows, from the first check to a bundle that is whole. The profiles and images are those of',
    '[the demo](quick-start.md), in a registry on loopback that `PALETTE_EDGE_PLAIN_HTTP` names. Times, speeds and free space are replaced by',
    'fixed ones; everything else is as it was recorded.',
    '',
    ...parts,
    'In a log, with `CI` set or `TERM=dumb`, lines take the place of bars. `--quiet` leaves the result, warnings and errors, `--verbose` tells of each HTTP request,',
    '`--json` gives one document. Only `--help` has bold letters.',
    '',
  ].join('\n');
}
