import { PaletteEdgeError } from '../errors.ts';
import { isPaletteUid } from '../palette-api/palette-uid.ts';
import { readConfigSource } from '../workflows/config-sources.ts';
import type { ConfigSource } from '../workflows/config-sources.ts';
import { mediaNames } from '../workflows/config-text.ts';
import type { MediaName } from '../workflows/config-text.ts';
import { askTerminal } from './ask-terminal.ts';

/** A person at a terminal. */
export interface Asked {
  /** Shows lines before a question. */
  readonly tell: (text: string) => void;
  readonly signal: AbortSignal;
}

/** What goes into the bundle, as it was answered. */
export interface AskedSources {
  readonly files: readonly ConfigSource[];
  /** Uids of profiles in Palette. */
  readonly uids: readonly string[];
}

/** More nobody reads through. */
const mostShown = 20;

/** The person, or undefined when there is none at a terminal. */
export function atTerminal(person: Asked): Asked | undefined {
  return process.stdin.isTTY && process.stderr.isTTY ? person : undefined;
}

/** Asks whether the config file that is there is replaced. */
export async function askReplace(path: string, asked: Asked): Promise<boolean> {
  const answer = await askLine(`${path} is there already. Type yes to replace it: `, asked);
  return answer.toLowerCase() === 'yes';
}

/**
 * Asks what goes into the bundle: numbers of what was found, paths, uids.
 *
 * @param found in the folder
 * @param defaults of them, for an empty answer
 */
export async function askSources(
  found: readonly ConfigSource[],
  defaults: readonly ConfigSource[],
  asked: Asked,
): Promise<AskedSources> {
  const shown = found.slice(0, mostShown);
  const width = Math.max(0, ...shown.map(({ path }) => path.length));
  asked.tell('What goes into the bundle?');
  for (const [index, source] of shown.entries())
    asked.tell(`  ${String(index + 1).padStart(2)}  ${source.path.padEnd(width)}  ${sourceText(source)}`);
  if (shown.length === 0) asked.tell('  No profile and no list of images is in this folder.');
  const numbers = defaults.map((source) => found.indexOf(source) + 1).join(' ');
  const what = `${shown.length === 0 ? 'Files' : 'Numbers, files'}, or uids of profiles in Palette`;
  return await askUntil(`${what}${numbers === '' ? '' : ` [${numbers}]`}: `, asked, async (answer) => {
    if (answer === '' && defaults.length > 0) return { files: defaults, uids: [] };
    return await readSources(answer, found);
  });
}

function sourceText(source: ConfigSource): string {
  if (source.kind === 'profile') return `profile ${[source.name, source.version].join(' ').trim()}`;
  return `list of ${source.count} image${source.count === 1 ? '' : 's'}`;
}

async function readSources(answer: string, found: readonly ConfigSource[]): Promise<AskedSources> {
  const known = found.map(({ path }) => path);
  // A path may have spaces in it.
  const words = known.includes(answer) ? [answer] : answer.split(/[\s,]+/).filter((word) => word !== '');
  if (words.length === 0) throw misunderstood('something has to go into the bundle');
  const uids = words.filter((word) => isPaletteUid(word.toLowerCase()));
  const files: ConfigSource[] = [];
  for (const word of words.filter((each) => !uids.includes(each))) {
    const isNumber = /^\d{1,3}$/.test(word);
    const numbered = isNumber ? found[Number(word) - 1] : undefined;
    if (isNumber && numbered === undefined) throw misunderstood(`nothing has the number ${word}`);
    files.push(numbered ?? (await readConfigSource(word)));
  }
  return {
    files: [...new Map(files.map((file) => [file.path, file])).values()],
    uids: [...new Set(uids.map((uid) => uid.toLowerCase()))],
  };
}

/** Asks for the project of profiles in Palette. */
export async function askProject(asked: Asked): Promise<string | undefined> {
  const prompt = 'Project of the profiles in Palette, its uid [none]: ';
  return await askUntil(prompt, asked, (answer) => {
    if (answer === '') return undefined;
    if (isPaletteUid(answer.toLowerCase())) return answer.toLowerCase();
    throw misunderstood('a uid has 24 hex digits');
  });
}

/** Asks for what the sites run on: none for all. */
export async function askArchitectures(asked: Asked): Promise<readonly string[]> {
  return await askUntil('Architecture of the sites: amd64, arm64 or all [all]: ', asked, (answer) => {
    if (/^(?:all|both)?$/i.test(answer)) return [];
    const words = [...new Set(answer.toLowerCase().split(/[\s,]+/))];
    if (words.every((word) => word === 'amd64' || word === 'arm64')) return words.length === 2 ? [] : words;
    throw misunderstood('expected amd64, arm64 or all');
  });
}

/**
 * Asks for the registry at the site.
 *
 * @param check throws for what names none
 */
export async function askRegistry(check: (text: string) => void, asked: Asked): Promise<string | undefined> {
  const prompt = 'Registry at the site, HOST:PORT/PREFIX [none]: ';
  return await askUntil(prompt, asked, (answer) => {
    if (answer !== '') check(answer);
    return answer === '' ? undefined : answer;
  });
}

const mediaTexts: Readonly<Record<MediaName, string>> = {
  file: 'as one file, over a network or on any drive but FAT32',
  fat32: 'in parts below 4 GiB, on a drive with FAT32',
  iso: 'as an ISO image, for a second USB drive',
  installer: 'in the ISO image that hosts are installed from',
};

/** Asks how bundles get to the site. */
export async function askMedia(asked: Asked): Promise<MediaName> {
  const width = Math.max(...mediaNames.map(({ length }) => length));
  asked.tell('How do bundles get to the site?');
  for (const [index, name] of mediaNames.entries())
    asked.tell(`  ${String(index + 1).padStart(2)}  ${name.padEnd(width)}  ${mediaTexts[name]}`);
  return await askUntil('A number or a name [file]: ', asked, (answer) => {
    const chosen = answer === '' ? 'file' : answer.toLowerCase();
    const name = mediaNames.find((each, index) => each === chosen || String(index + 1) === chosen);
    if (name === undefined) throw misunderstood(`expected one of ${mediaNames.join(', ')}`);
    return name;
  });
}

/** Asks again until the answer can be read. */
async function askUntil<T>(
  prompt: string,
  asked: Asked,
  read: (answer: string) => T | Promise<T>,
): Promise<T> {
  for (;;) {
    const answer = await askLine(prompt, asked);
    try {
      return await read(answer);
    } catch (error) {
      if (!(error instanceof PaletteEdgeError)) throw error;
      asked.tell(`Not understood: ${error.message}`);
    }
  }
}

async function askLine(prompt: string, { signal }: Asked): Promise<string> {
  const answer = await askTerminal(prompt, { isHidden: false, signal });
  if (answer !== undefined) return answer.trim();
  // Behind the prompt, where Ctrl-D was typed.
  process.stderr.write('\n');
  throw new PaletteEdgeError('INIT_UNANSWERED', 'a question was not answered, and nothing was written', {
    kind: 'usage',
    suggestions: ['Run the same command again, or answer with flags: palette-edge init --help'],
  });
}

/** Only its message is shown, before the question is asked again. */
function misunderstood(message: string): PaletteEdgeError {
  return new PaletteEdgeError('INIT_UNANSWERED', message, { kind: 'usage' });
}
