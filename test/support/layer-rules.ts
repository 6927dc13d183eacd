import { posix } from 'node:path';

import type { ModuleUse, SourceFile } from './source-file.ts';

/** The folders of src/ from top to bottom: a folder imports only what is below its own row. */
const layers: readonly (readonly string[])[] = [
  ['commands'],
  ['cli'],
  ['views'],
  ['workflows'],
  [
    'profile',
    'palette-api',
    'chart',
    'definition',
    'fleet',
    'registry',
    'object-store',
    'store',
    'store-sharing',
    'bundle',
    'squeeze',
    'delta',
    'iso',
    'usb',
    'registry-server',
    'runtime',
    'trust',
    'report',
  ],
  ['http'],
  ['oci'],
  ['io'],
  ['errors.ts', 'warning.ts'],
];

const stages: ReadonlySet<string> = new Set(layers[4]);

/** Stages that speak HTTP; the others get bytes from whoever calls them. */
const httpStages: ReadonlySet<string> = new Set(['registry', 'object-store', 'palette-api', 'chart']);

/** Packages and Node modules that only some folders may name. */
const homes: Readonly<Record<string, readonly string[]>> = {
  '@oclif/core': ['commands', 'cli'],
  undici: ['http'],
  execa: ['iso', 'usb', 'runtime', 'chart'],
  process: ['cli'],
};

/** Names that say nothing about what is inside; such files and folders only grow. */
const grabBags = /^(?:utils?|helpers?|common|misc|shared|types?|constants?)$/;

const lineLimit = 300;

/** All violations of the architecture's rules, each as `path → what it must not name: why`. */
export function layerViolations(files: readonly SourceFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path));
  const found = files.flatMap((file) => [
    ...fileViolations(file),
    ...file.modules.flatMap((use) => moduleViolations(file, use, paths)),
  ]);
  return [...found, ...zstdViolations(files)].toSorted();
}

function fileViolations(file: SourceFile): string[] {
  const { path, lines } = file;
  const found = path
    .replace(/\.ts$/, '')
    .split('/')
    .flatMap((name) => nameViolations(path, name));
  if (rankOf(path) < 0) found.push(`${path}: src/${folderOf(path)} is not a folder of the architecture`);
  if (lines >= lineLimit) found.push(`${path}: ${lines} lines; the limit is below ${lineLimit}`);
  if (file.computedImports > 0) found.push(`${path} → import(…) of a computed name: no rule can follow it`);
  if (usesProcess(file) && folderOf(path) !== 'cli') found.push(`${path} → process: only in cli`);
  return found;
}

function nameViolations(path: string, name: string): string[] {
  if (name === 'index') return [`${path}: no barrels`];
  return grabBags.test(name)
    ? [`${path}: a file or folder named ${name} says nothing about its content`]
    : [];
}

function usesProcess({ variables, properties }: SourceFile): boolean {
  return variables.has('process') || (variables.has('globalThis') && properties.has('process'));
}

function moduleViolations(file: SourceFile, { specifier }: ModuleUse, paths: ReadonlySet<string>): string[] {
  const reason = specifier.startsWith('.')
    ? relativeViolation(file.path, posix.join(posix.dirname(file.path), specifier), paths)
    : packageViolation(file.path, specifier);
  return reason === undefined ? [] : [`${file.path} → ${specifier}: ${reason}`];
}

function relativeViolation(from: string, to: string, paths: ReadonlySet<string>): string | undefined {
  if (to.startsWith('..')) return 'leaves src/';
  if (!paths.has(to)) return 'no such source file';
  const [fromFolder, toFolder] = [folderOf(from), folderOf(to)];
  if (fromFolder === toFolder) return undefined;
  if (stages.has(fromFolder) && stages.has(toFolder)) return 'stages do not import each other';
  if (toFolder === 'http' && stages.has(fromFolder) && !httpStages.has(fromFolder)) {
    return `only ${[...httpStages].join(', ')} speak HTTP`;
  }
  return rankOf(to) > rankOf(from) ? undefined : `${fromFolder} must not import ${toFolder}`;
}

function packageViolation(from: string, specifier: string): string | undefined {
  const name = specifier.replace(/^node:/, '');
  const home = Object.entries(homes).find(([key]) => name === key || name.startsWith(`${key}/`))?.[1];
  if (home === undefined || home.includes(folderOf(from))) return undefined;
  return `only in ${home.join(', ')}`;
}

/** Zstandard has its traps in Node; one file of bundle/ knows them. */
function zstdViolations(files: readonly SourceFile[]): string[] {
  const users = files.filter(usesZstd).map(({ path }) => path);
  const outside = users.filter((path) => folderOf(path) !== 'bundle');
  const inside = users.filter((path) => folderOf(path) === 'bundle');
  return [
    ...outside.map((path) => `${path} → node:zlib: zstd only in bundle`),
    ...(inside.length > 1
      ? inside.map((path) => `${path} → node:zlib: zstd only in one file of bundle`)
      : []),
  ];
}

function usesZstd({ modules, properties }: SourceFile): boolean {
  const names = modules
    .filter(({ specifier }) => specifier === 'node:zlib' || specifier === 'zlib')
    .flatMap((use) => use.names);
  if (names.some((name) => /zstd/i.test(name))) return true;
  // zlib as a whole, or its constants: look at what is taken from them.
  return names.length > 0 && [...properties].some((name) => /^(?:create)?zstd/i.test(name));
}

function folderOf(path: string): string {
  return path.split('/', 1)[0] ?? path;
}

function rankOf(path: string): number {
  return layers.findIndex((row) => row.includes(folderOf(path)));
}
