import type { Warning } from '../warning.ts';
import { shownText } from './shown-text.ts';

/** What was given by name, and what could use it. */
export interface GivenNames {
  readonly variables: ReadonlyMap<string, string>;
  readonly macros: ReadonlyMap<string, string>;
  /** Names of the variables that the profiles define. */
  readonly defined: ReadonlySet<string>;
  /** Every text that macros may stand in. */
  readonly texts: readonly string[];
}

/** Warns about `--var` and `--macro` that nothing uses: most likely misspelt. */
export function warnUnusedNames({ variables, macros, defined, texts }: GivenNames): Warning[] {
  // Texts are many, and names are seldom given.
  if (variables.size + macros.size === 0) return [];
  const used = new Set(texts.flatMap(usedNames));
  const isUsed = (name: string) => used.has(name);
  return [
    ...[...variables.keys()]
      .filter((name) => !defined.has(name) && !isUsed(`var.${name}`))
      .map((name) => unused('UNUSED_VARIABLE', '--var', name)),
    ...[...macros.keys()]
      .filter((name) => !isUsed(`macro.${name}`) && !(name.startsWith('system.') && isUsed(name)))
      .map((name) => unused('UNUSED_MACRO', '--macro', name)),
  ];
}

function usedNames(text: string): string[] {
  const names: string[] = [];
  for (const match of text.matchAll(/\.spectro\.((?:var|macro|system)\.[^\s|(){}"'`]+)/g)) {
    if (match[1] !== undefined) names.push(match[1]);
  }
  return names;
}

function unused(code: string, option: string, name: string): Warning {
  return { code, message: `${option} ${shownText(name)}: no profile uses that name` };
}
