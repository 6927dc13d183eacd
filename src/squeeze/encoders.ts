import { createCorrectionsEncoder } from './corrections/corrections-encoder.ts';
import { historySize } from './deflate-encoder.ts';
import type { DeflateEncoder, DeflateSink, EncoderOptions } from './deflate-encoder.ts';
import type { EncoderParameters } from './encoder-parameters.ts';
import { createGoEncoder, hasCheckpoints } from './go/go-encoder.ts';
import { klauspostLevels } from './klauspost/create-window-encoder.ts';
import type { KlauspostParameters } from './klauspost/create-window-encoder.ts';
import { createGo127Encoder } from './klauspost/go127-encoder.ts';
import { createKlauspostEncoder } from './klauspost/klauspost-encoder.ts';
import { isKlauspostGeneration } from './klauspost/klauspost-generation.ts';
import { createPgzipEncoder, pgzipDictionarySize } from './klauspost/pgzip-encoder.ts';
import { createGnuGzipEncoder } from './zlib/gzip-encoder.ts';
import { createPigzEncoder } from './zlib/pigz-encoder.ts';
import { createZlibEncoder } from './zlib/zlib-encoder.ts';

/** The settings of an encoder, by name. */
type Settings = Readonly<Record<string, number>>;

/** One family of encoders: a row of the table in docs/squeeze-recipe.md. */
interface EncoderFamily {
  /** The settings it takes, all of them, each with its least and greatest value. Those of recipes may be hostile. */
  readonly settings: Readonly<Record<string, readonly [least: number, most: number]>>;
  /** For people: `Go level 6`. */
  title(settings: Settings): string;
  /** Whether it can begin at checkpoints. */
  hasCheckpoints(settings: Settings): boolean;
  /** @returns undefined when it does not take these settings together */
  create(settings: Settings, sink: DeflateSink, options: EncoderOptions): DeflateEncoder | undefined;
}

const mostBlockSize = 64 * 1024 * 1024;

const families: Readonly<Record<string, EncoderFamily>> = {
  go: {
    settings: { level: [-2, 9] },
    title: ({ level }) => `Go level ${level}`,
    hasCheckpoints: ({ level = 0 }) => hasCheckpoints(level),
    create: ({ level = 0 }, sink, options) => createGoEncoder(level, sink, options),
  },
  zlib: {
    settings: { level: [1, 9], memLevel: [1, 9] },
    title: ({ level, memLevel }) =>
      `zlib level ${level}${memLevel === 8 ? '' : `, memory level ${memLevel}`}`,
    hasCheckpoints: ({ level = 0 }) => level > 3,
    create: ({ level = 0, memLevel = 0 }, sink, options) =>
      createZlibEncoder({ level, memLevel }, sink, options),
  },
  'gnu-gzip': {
    settings: { level: [1, 9] },
    title: ({ level }) => `GNU gzip level ${level}`,
    hasCheckpoints: ({ level = 0 }) => level > 3,
    create: ({ level = 0 }, sink, options) => createGnuGzipEncoder({ level }, sink, options),
  },
  pigz: {
    // How the pieces come: 0 each with the end of the one before, 1 each alone, 2 from one process.
    settings: { level: [1, 9], blockSize: [historySize, mostBlockSize], pieces: [0, 2] },
    title: ({ level, pieces = 0 }) =>
      `pigz level ${level}${['', ', independent blocks', ', one process'][pieces]}`,
    hasCheckpoints: ({ pieces }) => pieces !== 2,
    create: ({ level = 0, blockSize = 0, pieces }, sink, options) =>
      createPigzEncoder({ level, blockSize, independent: pieces === 1, single: pieces === 2 }, sink, options),
  },
  klauspost: {
    settings: { level: [1, 6], generation: [0, 1_000_000] },
    title: ({ level, generation }) => `klauspost ${generationName(generation)} level ${level}`,
    hasCheckpoints: () => false,
    create: (settings, sink) => {
      const known = klauspostSettings(settings);
      return known === undefined ? undefined : createKlauspostEncoder(known, sink);
    },
  },
  pgzip: {
    settings: {
      level: [1, 6],
      blockSize: [pgzipDictionarySize + 1, mostBlockSize],
      generation: [0, 1_000_000],
    },
    title: ({ level, blockSize = 0, generation }) =>
      `pgzip ${generationName(generation)} level ${level}, blocks of ${blockSize / 1024} KiB`,
    hasCheckpoints: () => true,
    create: (settings, sink, options) => {
      const known = klauspostSettings(settings);
      const { blockSize = 0 } = settings;
      return known === undefined ? undefined : createPgzipEncoder({ ...known, blockSize }, sink, options);
    },
  },
  go127: {
    settings: { level: [1, 6] },
    title: ({ level }) => `Go 1.27 level ${level}`,
    hasCheckpoints: () => false,
    create: ({ level = 0 }, sink) => (isLevel(level) ? createGo127Encoder(level, sink) : undefined),
  },
};

function isLevel(level: number): boolean {
  return klauspostLevels.some((known) => known === level);
}

function klauspostSettings({ level = 0, generation = 0 }: Settings): KlauspostParameters | undefined {
  return isLevel(level) && isKlauspostGeneration(generation) ? { level, generation } : undefined;
}

function generationName(generation = 0): string {
  return [Math.floor(generation / 10_000), Math.floor(generation / 100) % 100, generation % 100].join('.');
}

/** What an encoder needs besides its parameters. */
export interface EncoderPlace {
  readonly sink: DeflateSink;
  readonly options?: EncoderOptions;
  /** Of a stream that is no exact encoder's. */
  readonly corrections?: Uint8Array;
  /** How many bytes the stream has: corrections are followed no further. */
  readonly maximumSize: number;
}

/**
 * Makes the encoder that parameters name.
 *
 * @returns undefined when there is none: it belongs to a later version, or the parameters are hostile
 * @throws PaletteEdgeError (kind content) for hostile corrections, as the encoder itself does later on
 */
export function createEncoder(
  parameters: EncoderParameters,
  place: EncoderPlace,
): DeflateEncoder | undefined {
  const { sink, options = {}, corrections, maximumSize } = place;
  if (parameters.encoder === correctionsEncoder) {
    const begins = corrections !== undefined && options.from === undefined;
    return begins ? createCorrectionsEncoder({ corrections, maximumSize }, sink) : undefined;
  }
  const family = familyOf(parameters);
  if (options.from !== undefined && family?.hasCheckpoints(parameters.settings) !== true) return undefined;
  return family?.create(parameters.settings, sink, options);
}

/** Whether the encoder can begin in the middle of a stream. */
export function canBeginAtCheckpoints(parameters: EncoderParameters): boolean {
  return familyOf(parameters)?.hasCheckpoints(parameters.settings) === true;
}

/** Names an encoder for people. */
export function encoderTitle(parameters: EncoderParameters): string {
  if (parameters.encoder === correctionsEncoder) return 'unknown encoder, with corrections';
  return familyOf(parameters)?.title(parameters.settings) ?? `unknown encoder ${parameters.encoder}`;
}

/** The encoder that has its settings in the corrections. */
export const correctionsEncoder = 'corrections';

/** @returns undefined unless it has all of its settings, no others, and each in its range */
function familyOf({ encoder, settings }: EncoderParameters): EncoderFamily | undefined {
  const family = Object.hasOwn(families, encoder) ? families[encoder] : undefined;
  if (family === undefined) return undefined;
  const ranges = Object.entries(family.settings);
  if (Object.keys(settings).length !== ranges.length) return undefined;
  const fits = ranges.every(([name, [least, most]]) => {
    const value = settings[name];
    return value !== undefined && value >= least && value <= most;
  });
  return fits ? family : undefined;
}
