import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import { layerViolations } from './support/layer-rules.ts';
import { readSourceFile } from './support/source-file.ts';

const src = fileURLToPath(new URL('../src/', import.meta.url));

test('the sources keep the rules of docs/architecture.md', () => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readSourceFile(path, readFileSync(`${src}${path}`, 'utf8')));
  expect(files.length).toBeGreaterThan(10);
  expect(layerViolations(files)).toEqual([]);
});

describe('the rules find', () => {
  test.each<[what: string, files: Record<string, string>, violation: string]>([
    [
      'an import of a folder above',
      { 'oci/digest.ts': `import { a } from '../store/blob-store.ts';`, 'store/blob-store.ts': '' },
      'oci/digest.ts → ../store/blob-store.ts: oci must not import store',
    ],
    [
      'a stage that imports another',
      { 'bundle/plan.ts': `import { a } from '../store/blob-store.ts';`, 'store/blob-store.ts': '' },
      'bundle/plan.ts → ../store/blob-store.ts: stages do not import each other',
    ],
    [
      'a type-only import',
      { 'io/file.ts': `import type { A } from '../oci/digest.ts';`, 'oci/digest.ts': '' },
      'io/file.ts → ../oci/digest.ts: io must not import oci',
    ],
    [
      'a type import in an expression',
      { 'views/a.ts': `export type A = import('../cli/wiring.ts').B;`, 'cli/wiring.ts': '' },
      'views/a.ts → ../cli/wiring.ts: views must not import cli',
    ],
    [
      'a dynamic import',
      { 'http/a.ts': `await import('../workflows/build.ts');`, 'workflows/build.ts': '' },
      'http/a.ts → ../workflows/build.ts: http must not import workflows',
    ],
    [
      'a dynamic import of a template',
      { 'http/a.ts': 'await import(`../workflows/build.ts`);', 'workflows/build.ts': '' },
      'http/a.ts → ../workflows/build.ts: http must not import workflows',
    ],
    [
      'a re-export',
      { 'errors.ts': `export { a } from './io/file.ts';`, 'io/file.ts': '' },
      'errors.ts → ./io/file.ts: errors.ts must not import io',
    ],
    [
      'a re-export of everything',
      { 'oci/a.ts': `export * from '../http/b.ts';`, 'http/b.ts': '' },
      'oci/a.ts → ../http/b.ts: oci must not import http',
    ],
    [
      'a worker of another stage',
      {
        'bundle/a.ts': `new Worker(new URL('../squeeze/b.ts', import.meta.url));`,
        'squeeze/b.ts': '',
      },
      'bundle/a.ts → ../squeeze/b.ts: stages do not import each other',
    ],
    [
      'a stage that speaks HTTP and should not',
      { 'store/a.ts': `import { b } from '../http/b.ts';`, 'http/b.ts': '' },
      'store/a.ts → ../http/b.ts: only registry, object-store, palette-api, chart speak HTTP',
    ],
    [
      'an import() nobody can follow',
      { 'cli/a.ts': 'const name = String(1); await import(name);' },
      'cli/a.ts → import(…) of a computed name: no rule can follow it',
    ],
    ['an import of nothing', { 'oci/a.ts': `import './b.js';` }, 'oci/a.ts → ./b.js: no such source file'],
    [
      'a way out of src',
      { 'oci/a.ts': `import '../../test/b.ts';` },
      'oci/a.ts → ../../test/b.ts: leaves src/',
    ],
    [
      'an unknown folder',
      { 'services/a.ts': '' },
      'services/a.ts: src/services is not a folder of the architecture',
    ],
    ['a stray file', { 'main.ts': '' }, 'main.ts: src/main.ts is not a folder of the architecture'],
    ['a barrel', { 'oci/index.ts': '' }, 'oci/index.ts: no barrels'],
    [
      'a grab bag',
      { 'store/utils.ts': '' },
      'store/utils.ts: a file or folder named utils says nothing about its content',
    ],
    [
      'a grab bag of a folder',
      { 'store/common/a.ts': '' },
      'store/common/a.ts: a file or folder named common says nothing about its content',
    ],
    ['a long file', { 'oci/a.ts': '\n'.repeat(300) }, 'oci/a.ts: 300 lines; the limit is below 300'],
    [
      'oclif in a workflow',
      { 'workflows/a.ts': `import { Errors } from '@oclif/core';` },
      'workflows/a.ts → @oclif/core: only in commands, cli',
    ],
    [
      'a subpath of oclif in a view',
      { 'views/a.ts': `import { ux } from '@oclif/core/ux';` },
      'views/a.ts → @oclif/core/ux: only in commands, cli',
    ],
    [
      'undici in a stage',
      { 'registry/a.ts': `import type { Agent } from 'undici';` },
      'registry/a.ts → undici: only in http',
    ],
    [
      'execa in the store',
      { 'store/a.ts': `import { execa } from 'execa';` },
      'store/a.ts → execa: only in iso, usb, runtime, chart',
    ],
    [
      'the process global',
      { 'store/a.ts': 'export const home = process.env;' },
      'store/a.ts → process: only in cli',
    ],
    [
      'the process global by way of globalThis',
      { 'commands/a.ts': 'export const { process: p } = globalThis;' },
      'commands/a.ts → process: only in cli',
    ],
    [
      'the process module',
      { 'store/a.ts': `import { env } from 'node:process';` },
      'store/a.ts → node:process: only in cli',
    ],
    [
      'zstd outside bundle',
      { 'store/a.ts': `import { zstdCompress } from 'node:zlib';` },
      'store/a.ts → node:zlib: zstd only in bundle',
    ],
    [
      'zstd of zlib as a whole',
      { 'squeeze/a.ts': `import * as zlib from 'node:zlib'; zlib.createZstdDecompress();` },
      'squeeze/a.ts → node:zlib: zstd only in bundle',
    ],
  ])('%s', (_, files, violation) => {
    expect(violationsOf(files)).toEqual([violation]);
  });

  test('zstd in two files of bundle', () => {
    const files = {
      'bundle/a.ts': `import { zstdCompress } from 'node:zlib';`,
      'bundle/b.ts': `import { constants } from 'node:zlib'; constants.ZSTD_c_checksumFlag;`,
    };
    expect(violationsOf(files)).toEqual([
      'bundle/a.ts → node:zlib: zstd only in one file of bundle',
      'bundle/b.ts → node:zlib: zstd only in one file of bundle',
    ]);
  });

  test('a file that does not parse', () => {
    expect(() => violationsOf({ 'oci/a.ts': 'import {' })).toThrow(/^oci\/a\.ts does not parse/);
  });
});

test('the rules allow what the architecture allows', () => {
  const files = {
    'commands/build.ts': `import { Flags } from '@oclif/core'; import { a } from '../cli/base-command.ts';`,
    'cli/base-command.ts': `export const a = process.env; import { w } from '../workflows/build.ts';`,
    'workflows/build.ts': `import { s } from '../store/a.ts'; import { b } from '../bundle/a.ts';`,
    'store/a.ts': `import { d } from '../oci/a.ts'; import './b.ts'; export const child = { process: 1 };`,
    'store/b.ts': `import { gunzip } from 'node:zlib'; class A { process() { return this.process; } }`,
    'bundle/a.ts': `import { zstdCompress, constants } from 'node:zlib'; constants.ZSTD_c_checksumFlag;`,
    'registry/a.ts': `import { h } from '../http/a.ts';`,
    'http/a.ts': `import { Agent } from 'undici'; import { d } from '../oci/a.ts'; new URL(d, Agent.base);`,
    'oci/a.ts': `import { f } from '../io/a.ts'; import type { Warning } from '../warning.ts';`,
    'io/a.ts': `import { PaletteEdgeError } from '../errors.ts';`,
    'errors.ts': '',
    'warning.ts': '\n'.repeat(299),
  };
  expect(violationsOf(files)).toEqual([]);
});

function violationsOf(files: Readonly<Record<string, string>>): string[] {
  return layerViolations(Object.entries(files).map(([path, text]) => readSourceFile(path, text)));
}
