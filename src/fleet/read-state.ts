import { isRecord } from '../io/is-record.ts';
import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { invalidState } from './fleet-error.ts';
import { stateHead } from './fleet-state.ts';
import type { BuiltBundle, FleetState, SiteState } from './fleet-state.ts';

/** Largest state file, in UTF-16 code units. */
const maximumLength = 16 * 1024 * 1024;
const longestName = 63;
const longestChain = 1000;
const namePattern = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
/** A file in the folder of bundles: nothing to climb. */
const filePattern = /^[a-z0-9][A-Za-z0-9._-]{0,199}$/;

/**
 * Reads a state file, in any order of its lines. A line may be there twice, as merges leave it; two different ones of one site or bundle
 * are a conflict.
 *
 * @param source with the base name of the file, for messages
 * @throws PaletteEdgeError `FLEET_STATE_INVALID` (kind content) with the line
 */
export function readState({ name, text }: { readonly name: string; readonly text: string }): FleetState {
  if (text.length > maximumLength) throw invalidState(name, `it has more than ${maximumLength} characters`);
  const bundles = new Map<string, BuiltBundle>();
  const sites = new Map<string, SiteState>();
  const lines = text.split(/\r?\n/);
  if (!lines.includes(stateHead))
    throw invalidState(
      `${name}:1`,
      `expected the line ${stateHead}: is it a state file, and of this version?`,
    );
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '' || line === stateHead) continue;
    const place = `${name}:${index + 1}`;
    const value = parseLine(line, place);
    if ('bundle' in value) add(bundles, value['file'], { value: readBuilt(value, place), place });
    else add(sites, value['site'], { value: readSite(value, place), place });
  }
  return { bundles: [...bundles.values()], sites: [...sites.values()] };
}

/**
 * What was built, of a line of a state file or of the file beside a bundle.
 *
 * @throws PaletteEdgeError `FLEET_STATE_INVALID` (kind content)
 */
export function readBuilt(value: Readonly<Record<string, unknown>>, place: string): BuiltBundle {
  const base = value['base'];
  return {
    bundle: textOf(value, 'bundle', { place, fits: isName }),
    id: textOf(value, 'id', { place, fits: (text) => /^[0-9a-f]{8}$/.test(text) }),
    inventory: digestOf(value, 'inventory', place),
    file: textOf(value, 'file', { place, fits: (text) => filePattern.test(text) }),
    bytes: numberOf(value, 'bytes', { place, maximum: Number.MAX_SAFE_INTEGER }),
    sha256: textOf(value, 'sha256', { place, fits: (text) => /^[0-9a-f]{64}$/.test(text) }),
    ...(base === undefined ? {} : { base: digestOf(value, 'base', place) }),
    chain: numberOf(value, 'chain', { place, maximum: longestChain }),
  };
}

/** @throws PaletteEdgeError `FLEET_STATE_INVALID` (kind content) for what is no JSON object */
export function parseLine(line: string, place: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw invalidState(place, 'it is not a line of JSON');
  }
  if (!isRecord(value)) throw invalidState(place, 'expected a JSON object');
  return value;
}

function readSite(value: Readonly<Record<string, unknown>>, place: string): SiteState {
  return {
    site: textOf(value, 'site', { place, fits: isName }),
    ...(value['has'] === undefined ? {} : { has: digestOf(value, 'has', place) }),
    chain: numberOf(value, 'chain', { place, maximum: longestChain }),
    ...(value['ready'] === undefined
      ? {}
      : { ready: textOf(value, 'ready', { place, fits: (text) => filePattern.test(text) }) }),
  };
}

function add<T extends BuiltBundle | SiteState>(
  known: Map<string, T>,
  key: unknown,
  { value, place }: { readonly value: T; readonly place: string },
): void {
  const name = String(key);
  const before = known.get(name);
  if (before !== undefined && JSON.stringify(before) !== JSON.stringify(value))
    throw invalidState(place, `there is another line of ${name} already`);
  known.set(name, value);
}

function isName(text: string): boolean {
  return text.length <= longestName && namePattern.test(text);
}

interface TextRules {
  readonly place: string;
  readonly fits: (text: string) => boolean;
}

function textOf(value: Readonly<Record<string, unknown>>, name: string, { place, fits }: TextRules): string {
  const text = value[name];
  if (typeof text === 'string' && fits(text)) return text;
  throw invalidState(place, `the field ${name} is missing, or not as it is written`);
}

function digestOf(value: Readonly<Record<string, unknown>>, name: string, place: string): Digest {
  const text = textOf(value, name, { place, fits: isDigest });
  if (isDigest(text)) return text;
  throw invalidState(place, `the field ${name} is no digest`);
}

function numberOf(
  value: Readonly<Record<string, unknown>>,
  name: string,
  { place, maximum }: { readonly place: string; readonly maximum: number },
): number {
  const number = value[name];
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 && number <= maximum)
    return number;
  throw invalidState(place, `the field ${name} is missing, or no number up to ${maximum}`);
}
