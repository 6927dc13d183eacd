import { fieldText, isNamed } from './field-text.ts';
import type { FoundPackage } from './found-package.ts';

/** What a Go program says of how it was built. */
export interface GoBuild {
  /** As the toolchain calls itself: `go1.22.3`, `go1.22.3 X:boringcrypto`, `devel go1.27-…`. */
  readonly goVersion: string;
  /** Lines of modules and settings; empty when it was built without modules. */
  readonly modules: string;
}

/** Modules of one program; the largest known have two thousand. */
const mostModules = 20_000;

/**
 * Packages of a Go program (runtime/debug, `ParseBuildInfo`): its main module, which depends on all others, the modules it is made of, and
 * the standard library, as `stdlib` with the version of Go. A module that was replaced goes by what it was replaced with; when that is
 * a folder of whoever built it, by its own name without a version.
 */
export function packagesOfGoBuild({ goVersion, modules }: GoBuild): FoundPackage[] {
  const { main, others } = readModules(modules);
  const libraries = [
    packageOf({ path: 'stdlib', version: stdlibVersion(goVersion) }),
    ...others.map(packageOf),
  ];
  const known = libraries.filter((each) => each !== undefined);
  const program = main === undefined ? undefined : packageOf(main);
  if (program === undefined) return known;
  return [{ ...program, requires: known.map(({ name }) => [name]) }, ...known];
}

interface Module {
  readonly path: string;
  /** Empty when there is none. */
  readonly version: string;
  readonly sum?: string | undefined;
}

function readModules(text: string): {
  readonly main: Module | undefined;
  readonly others: readonly Module[];
} {
  const modules: { readonly kind: string; module: Module }[] = [];
  for (const line of text.split('\n')) {
    const { kind, module } = readLine(line);
    const last = modules.at(-1);
    if (kind === '=>' && last !== undefined) last.module = replacementOf(last.module, module);
    else if (kind === 'mod' || kind === 'dep') modules.push({ kind, module });
    if (modules.length === mostModules) break;
  }
  const main = modules.find(({ kind }) => kind === 'mod')?.module;
  return { main, others: modules.filter(({ kind }) => kind === 'dep').map(({ module }) => module) };
}

function readLine(line: string): { readonly kind: string; readonly module: Module } {
  const [kind = '', path = '', version = '', sum] = line.split('\t');
  return { kind, module: { path, version: version === '(devel)' ? '' : version, sum } };
}

function replacementOf(replaced: Module, by: Module): Module {
  const isFolder = /^\.{0,2}\/|^[A-Za-z]:\\/.test(by.path);
  return isFolder ? { path: replaced.path, version: '' } : by;
}

function packageOf({ path, version, sum }: Module): FoundPackage | undefined {
  const name = fieldText(path);
  // `-` stands for a version that is not known, as no version may be empty here.
  if (name === undefined || !isNamed(name, version === '' ? '-' : version)) return undefined;
  const goSum = sum?.startsWith('h1:') === true ? fieldText(sum) : undefined;
  return {
    type: 'golang',
    name,
    version: fieldText(version) ?? '',
    licences: [],
    goSum,
    provides: [],
    requires: [],
  };
}

/** Without `go` before it and experiments behind it, as everybody writes it in package URLs. */
function stdlibVersion(goVersion: string): string {
  return /^go(\d[\w.+-]*)/.exec(goVersion)?.[1] ?? goVersion.trim().replaceAll(/\s+/g, '-');
}
