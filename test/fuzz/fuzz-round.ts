import { seededRandom } from '../soak/seeded-random.ts';
import type { FuzzSample } from './fuzz-samples.ts';
import { mutations } from './mutations.ts';
import { readHostile } from './read-hostile.ts';
import type { HostileEnds } from './read-hostile.ts';

/** What came of one changed bundle. */
export interface FuzzOutcome {
  /** What it was made of: sample and mutation. */
  readonly words: string;
  /** How reading it as a file ended. */
  readonly ending: string;
  /** What must never be. */
  readonly problems: readonly string[];
}

/** Every code that a changed bundle may lead to. One that is not here is a surprise, and a failure. */
const knownCodes: ReadonlySet<string> = new Set([
  'whole',
  'damaged',
  'BLOB_NOT_FOUND',
  'BUNDLE_DAMAGED',
  'BUNDLE_TRUNCATED',
  'BUNDLE_VERSION_UNSUPPORTED',
  'DIGEST_MISMATCH',
  'DIGEST_UNSUPPORTED',
  'IMAGE_DAMAGED',
  'INVENTORY_INVALID',
  'MANIFEST_INVALID',
  'NOT_A_BUNDLE',
  'SCHEMA1_MANIFEST',
  'SIZE_MISMATCH',
]);

/** Changes that know nothing of the format: what is whole after one of them is what it was before. */
const rawMutations: ReadonlySet<string> = new Set([
  'bytes changed',
  'bytes cut out',
  'bytes put in',
  'end changed',
]);

/** Changes a bundle as seed and number say, and reads it in all ways. Never throws for what reading does. */
export async function fuzzRound(
  samples: readonly FuzzSample[],
  seed: number,
  index: number,
): Promise<FuzzOutcome> {
  const random = seededRandom(seed * 1_000_003 + index);
  const sample = random.pick(samples);
  const [name, mutate] = random.pick(Object.entries(mutations));
  const words = `${sample.name}, ${name}`;
  const bytes = mutate(sample, random);
  try {
    const ends = await readHostile(bytes);
    const isSame = bytes.equals(sample.bundle.bytes);
    const isUnnoticed = ends.file.code === 'whole' && rawMutations.has(name) && !isSame;
    const problems = [
      ...disagreements(ends),
      ...Object.entries(ends).flatMap(([way, { code, message }]) => unclear(way, code, message)),
      ...(isUnnoticed ? ['a change that nobody noticed'] : []),
    ];
    return { words, ending: ends.file.code, problems };
  } catch (error) {
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { words, ending: 'a bug', problems: [told] };
  }
}

/** One bundle cannot be whole one way and damaged the other. */
function disagreements({ file, images, stream }: HostileEnds): string[] {
  const isWhole = file.code === 'whole';
  return [
    ...(isWhole && stream.code !== 'whole'
      ? [`whole as a file, as a stream ${stream.code}: ${stream.message}`]
      : []),
    ...(isWhole && images.code !== 'whole'
      ? [`verified, but its images ${images.code}: ${images.message}`]
      : []),
    ...(stream.code === 'whole' && !isWhole && file.code !== 'damaged'
      ? [`whole as a stream, as a file ${file.code}: ${file.message}`]
      : []),
  ];
}

function unclear(way: string, code: string, message: string): string[] {
  return [
    ...(knownCodes.has(code) ? [] : [`${way}: the unknown code ${code}: ${message}`]),
    ...(code !== 'whole' && message.trim() === '' ? [`${way}: ${code} without a message`] : []),
    ...(message.length > 1_000_000 ? [`${way}: a message of ${message.length} characters`] : []),
  ];
}
