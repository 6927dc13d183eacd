#!/usr/bin/env node
// Plain JavaScript that every Node since 14 parses: an old Node must get one clear line, not a stack.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    'palette-edge needs Node 24 or newer; this is Node ' +
      process.versions.node +
      '. Install Node 24, or run it as: npx -y -p node@24 -p palette-edge-content-builder palette-edge',
  );
  process.exitCode = 2;
} else {
  void import('@oclif/core').then(({ execute }) => execute({ dir: import.meta.url }));
}
