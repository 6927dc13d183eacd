import { parseMacroExpression } from './macro-expression.ts';
import type { ParsedPack, ParsedProfile } from './profile-set.ts';
import { shownText } from './shown-text.ts';
import { splitTemplates } from './template-mask.ts';
import { ValuesLookup } from './values-lookup.ts';

/** Where macros get their values from. */
export interface MacroSources {
  readonly profiles: readonly ParsedProfile[];
  /** From `--var`, by name. */
  readonly variables: ReadonlyMap<string, string>;
  /** From `--macro`: project macros by name, system macros as `system.<path>`. */
  readonly macros: ReadonlyMap<string, string>;
}

/** Why a macro has no value. */
export interface MacroProblem {
  readonly code: 'MACRO_UNRESOLVED' | 'MACRO_CYCLE' | 'MACRO_UNSUPPORTED' | 'MACRO_TOO_LARGE';
  /** The macro as it stands in the text. */
  readonly macro: string;
  readonly reason: string;
  readonly suggestion: string | undefined;
  /** The macros that need it, innermost first. */
  readonly neededBy: readonly string[];
}

/** A text after its macros were resolved. */
export interface Resolution {
  readonly text: string;
  /** Names of sensitive variables whose values are in the text. */
  readonly sensitive: readonly string[];
  /** What could not be resolved; the text is of no use when there is anything. */
  readonly problems: readonly MacroProblem[];
}

const maximumChain = 32;
const maximumResolvedLength = 64 * 1024;
const noValues = { sensitive: [], problems: [] };

/** Resolves Palette macros, recursively, each path once. Holds what was resolved before; one for each run. */
export class MacroResolver {
  readonly #sources: MacroSources;
  /** By position of the profile and path. */
  readonly #resolved = new Map<string, Resolution>();
  readonly #values = new ValuesLookup();

  constructor(sources: MacroSources) {
    this.#sources = sources;
  }

  /**
   * Resolves every macro of a text. Other templates (`{{ .Values.x }}`) stay.
   *
   * @param profile the profile that the text belongs to: its packs and variables come first
   */
  resolve(text: string, profile: ParsedProfile | undefined): Resolution {
    return this.#resolveText(text, { profile, chain: [] });
  }

  #resolveText(text: string, scope: Scope): Resolution {
    const pieces: Resolution[] = [];
    let length = 0;
    const templates = splitTemplates(text);
    // Alone, the quotes of `| quote` are YAML's: they delimit the value and are no part of it.
    const isAlone = templates.length === 1;
    for (const { text: piece, isExpression } of templates) {
      const resolution = isExpression
        ? this.#resolveExpression(piece, { ...scope, isAlone })
        : { text: piece, ...noValues };
      pieces.push(resolution);
      length += resolution.text.length;
      if (length > maximumResolvedLength) {
        return failed('MACRO_TOO_LARGE', {
          macro: shownText(piece),
          reason: `the text grows to more than ${maximumResolvedLength} characters`,
        });
      }
    }
    return joined(pieces);
  }

  #resolveExpression(text: string, { isAlone, ...scope }: Scope & { readonly isAlone: boolean }): Resolution {
    const expression = parseMacroExpression(text);
    if (expression.kind === 'foreign') return { text, ...noValues };
    const macro = shownText(text);
    if (expression.kind === 'unsupported') {
      const reason = 'only a path, | quote and | default are supported';
      const suggestion = 'Write the value itself, or a variable, in place of the expression.';
      return failed('MACRO_UNSUPPORTED', { macro, reason, suggestion });
    }
    const value = this.#resolvePath(expression.path, { ...scope, macro });
    const { fallback } = expression;
    const quote = isAlone ? '' : (expression.quote ?? '');
    const isMissing = value.text === '' && value.problems.every(isDirectlyMissing);
    if (fallback !== undefined && isMissing) return { text: `${quote}${fallback}${quote}`, ...noValues };
    return { ...value, text: `${quote}${value.text}${quote}` };
  }

  #resolvePath(path: string, scope: MacroScope): Resolution {
    const position = this.#sources.profiles.findIndex((profile) => profile === scope.profile);
    const key = `${position} ${path}`;
    const known = this.#resolved.get(key);
    if (known !== undefined) return known;
    const step = { key, macro: scope.macro };
    const start = scope.chain.findIndex((earlier) => earlier.key === key);
    const chain = [...scope.chain, step];
    if (start !== -1) return cycle(chain.slice(start));
    if (chain.length > maximumChain) {
      const reason = `macros refer to each other over more than ${maximumChain} steps`;
      return failed('MACRO_TOO_LARGE', { macro: scope.macro, reason });
    }
    const found = this.#lookUp(path, scope);
    const resolution =
      'reason' in found
        ? failed('MACRO_UNRESOLVED', { macro: scope.macro, ...found })
        : this.#resolveFound(found, chain);
    this.#resolved.set(key, resolution);
    return resolution;
  }

  #resolveFound({ text, profile, sensitive }: Found, chain: Scope['chain']): Resolution {
    const resolution = this.#resolveText(text, { profile, chain });
    const user = chain.at(-1)?.macro ?? '';
    return {
      text: resolution.text,
      sensitive: sensitive === undefined ? resolution.sensitive : [...resolution.sensitive, sensitive],
      problems: resolution.problems.map((problem) => ({
        ...problem,
        neededBy: problem.code === 'MACRO_CYCLE' ? [] : [...problem.neededBy, user],
      })),
    };
  }

  #lookUp(path: string, scope: Scope): Found | Missing {
    const dot = path.indexOf('.');
    const [space, rest] = dot === -1 ? [path, ''] : [path.slice(0, dot), path.slice(dot + 1)];
    if (space === 'pack') return this.#lookUpPack(rest, scope);
    if (space === 'var') return this.#lookUpVariable(rest, scope);
    if (space === 'macro') {
      return (
        this.#given(rest, scope) ??
        missing('project and tenant macros are not in a profile', `--macro ${rest}=VALUE`)
      );
    }
    if (space !== 'system') return missing('Palette knows the macros pack, var, macro and system', undefined);
    return this.#lookUpSystem(path, scope);
  }

  #lookUpSystem(path: string, scope: Scope): Found | Missing {
    const given = this.#given(path, scope);
    if (given !== undefined) return given;
    const option = `--macro ${path}=VALUE`;
    if (path !== 'system.kubernetes.version')
      return missing('its value is known on the cluster only', option);
    for (const profile of this.#inOrder(scope)) {
      const version = profile.packs.find(({ layer }) => layer === 'k8s')?.version;
      if (version !== undefined && version !== '') return { text: version, profile };
    }
    return missing('no given profile has a Kubernetes pack (layer k8s)', option);
  }

  #lookUpVariable(name: string, { profile }: Scope): Found | Missing {
    const definition = profile?.variables.get(name);
    const sensitive = definition?.isSensitive === true ? name : undefined;
    const given = this.#sources.variables.get(name);
    if (given !== undefined) return { text: given, profile, sensitive };
    const text = definition?.defaultValue;
    if (text !== undefined && text !== '') return { text, profile, sensitive };
    const reason =
      definition === undefined
        ? 'the profile defines no such variable'
        : sensitive === undefined
          ? 'the variable has no default'
          : 'the variable is sensitive, and its value is not in the profile';
    return missing(reason, `--var ${name}=VALUE`);
  }

  #lookUpPack(path: string, scope: Scope): Found | Missing {
    let named: string | undefined;
    for (const profile of this.#inOrder(scope)) {
      for (const pack of byLongestName(profile.packs, path)) {
        named ??= pack.name;
        const found = this.#values.find(pack, path.slice(pack.name.length + 1));
        if (found?.kind === 'scalar') return { text: found.text, profile };
        if (found !== undefined)
          return missing(
            `it names a ${found.kind} in the values of pack ${pack.name}, not a single value`,
            undefined,
          );
      }
    }
    return named === undefined
      ? missing(
          'no given profile has the pack',
          undefined,
          'Give the profile that has it too, with --profile.',
        )
      : missing(
          `the values of pack ${named} have nothing there`,
          undefined,
          'Correct the path, or add the key to the values.',
        );
  }

  #given(name: string, { profile }: Scope): Found | undefined {
    const text = this.#sources.macros.get(name);
    return text === undefined ? undefined : { text, profile };
  }

  /** The profile that the text belongs to, then the others. */
  #inOrder({ profile }: Scope): ParsedProfile[] {
    const others = this.#sources.profiles.filter((other) => other !== profile);
    return profile === undefined ? others : [profile, ...others];
  }
}

function isDirectlyMissing({ code, neededBy }: MacroProblem): boolean {
  return code === 'MACRO_UNRESOLVED' && neededBy.length === 0;
}

function joined(pieces: readonly Resolution[]): Resolution {
  // By macro and not by way: there can be more ways to one macro than memory for them.
  const problems = new Map<string, MacroProblem>();
  for (const problem of pieces.flatMap((piece) => piece.problems)) {
    const key = `${problem.code} ${problem.macro}`;
    if (!problems.has(key)) problems.set(key, problem);
  }
  return {
    text: pieces.map(({ text }) => text).join(''),
    sensitive: [...new Set(pieces.flatMap((piece) => piece.sensitive))],
    problems: [...problems.values()],
  };
}

interface Scope {
  readonly profile: ParsedProfile | undefined;
  /** The macros being resolved, outermost first. */
  readonly chain: readonly { readonly key: string; readonly macro: string }[];
}

interface MacroScope extends Scope {
  readonly macro: string;
}

interface Found {
  readonly text: string;
  readonly profile: ParsedProfile | undefined;
  readonly sensitive?: string;
}

interface Missing {
  readonly reason: string;
  readonly suggestion: string | undefined;
}

function byLongestName(packs: readonly ParsedPack[], path: string): ParsedPack[] {
  return packs
    .filter(({ name }) => path.startsWith(`${name}.`))
    .toSorted((left, right) => right.name.length - left.name.length);
}

function missing(reason: string, option: string | undefined, advice?: string): Missing {
  return { reason, suggestion: option === undefined ? advice : `Pass ${shownText(option)}` };
}

function cycle(steps: Scope['chain']): Resolution {
  const macros = steps.map(({ macro }) => macro);
  const reason = `macros refer to each other in a circle: ${macros.join(' → ')}`;
  return failed('MACRO_CYCLE', { macro: macros[0] ?? '', reason });
}

function failed(
  code: MacroProblem['code'],
  { macro, reason, suggestion }: { macro: string; reason: string; suggestion?: string },
): Resolution {
  return { text: '', sensitive: [], problems: [{ code, macro, reason, suggestion, neededBy: [] }] };
}
