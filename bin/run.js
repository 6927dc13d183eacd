#!/usr/bin/env node
// Plain JavaScript that every Node since 14 parses: an old Node must get one clear line, not a stack.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    'palette-edge needs Node 24 or newer; this is Node ' +
      process.versions.node +
      '. Install Node 24 or newer: https://nodejs.org',
  );
  process.exitCode = 2;
} else {
  // Buffers come and go by the gigabyte and few objects live: let the young generation grow, and it grows to hold their
  // garbage, some 50 MB of it, without any gain in speed (docs/decisions/0009-threads-and-memory.md).
  void import('node:v8').then(({ setFlagsFromString }) => setFlagsFromString('--semi-space-growth-factor=1'));
  void start();
}

async function start() {
  const { existsSync } = await import('node:fs');
  if (!existsSync(new URL('../dist/commands', import.meta.url))) {
    console.error('palette-edge is not built here. In a checkout, run: npm run build');
    process.exitCode = 1;
    return;
  }
  await import('./assume-user.js');
  const { execute } = await import('@oclif/core');
  await execute({ dir: import.meta.url });
}
