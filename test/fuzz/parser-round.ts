import { PaletteEdgeError } from '../../src/errors.ts';
import { seededRandom } from '../soak/seeded-random.ts';
import type { SeededRandom } from '../soak/seeded-random.ts';
import type { FuzzOutcome } from './fuzz-round.ts';
import { mutateJson } from './mutate-json.ts';
import type { JsonValue } from './mutate-json.ts';
import { mutateText } from './mutate-text.ts';
import { changed } from './mutations.ts';
import type { ParserTarget } from './parser-target.ts';

/** Characters of a message: it may quote some of what it refuses. */
const longestMessage = 60_000;
/** Of what is put in again and again: in files, and in headers and names, which HTTP or a command line bounds. */
const [longestFile, longestLine] = [60_000, 16_384];

/** Changes what a parser takes, as seed and number say, and has it read. Never throws for what reading does. */
export async function parserRound(
  targets: readonly ParserTarget[],
  seed: number,
  index: number,
): Promise<FuzzOutcome> {
  const random = seededRandom(seed * 1_000_003 + index);
  // In turn: each gets its share.
  const target = targets[index % targets.length] ?? random.pick(targets);
  const words = target.name;
  const bytes = changedSample(target, random);
  try {
    await target.read(bytes);
    return { words, ending: 'parser: read', problems: [] };
  } catch (error) {
    if (error instanceof PaletteEdgeError)
      return { words, ending: 'parser: refused', problems: unclear(error) };
    const isRefusal = target.refusals?.some((refusal) => error instanceof refusal) ?? false;
    if (isRefusal) return { words, ending: 'parser: refused', problems: [] };
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { words, ending: 'a bug', problems: [told, shown(bytes)] };
  }
}

function changedSample(target: ParserTarget, random: SeededRandom): Buffer {
  const { form, samples, words = [], encode = JSON.stringify } = target;
  const sample = Buffer.from(random.pick(samples));
  if (form === 'bytes') return changedBytes(sample, random);
  const text = sample.toString('utf8');
  if (form === 'json' && random.chance(0.7)) {
    const document: JsonValue = JSON.parse(text);
    mutateJson(document, random);
    return Buffer.from(encode(document));
  }
  if (random.chance(0.1)) return changedBytes(sample, random);
  const others = samples.map((other) => Buffer.from(other).toString('utf8'));
  const longest = target.isLong === true ? longestFile : longestLine;
  return Buffer.from(mutateText(text, random, { words, others, longest }));
}

function changedBytes(sample: Buffer, random: SeededRandom): Buffer {
  const kind = random.integer(0, 5);
  const at = random.integer(0, sample.length);
  if (kind === 0) return sample.subarray(0, at);
  if (kind === 1) return Buffer.concat([sample.subarray(0, at), sample.subarray(random.integer(0, at))]);
  if (kind === 2) return Buffer.concat([sample.subarray(0, at), sample.subarray(at + random.integer(1, 64))]);
  return sample.length === 0 ? sample : changed(sample, random);
}

function unclear({ code, kind, message, suggestions }: PaletteEdgeError): string[] {
  const told = [message, ...suggestions].join('\n');
  return [
    ...(message.trim() === '' ? [`${code} without a message`] : []),
    ...(told.length > longestMessage ? [`${code}: a message of ${told.length} characters`] : []),
    ...(['usage', 'content', 'network', 'authentication', 'notFound', 'failure'].includes(kind)
      ? []
      : [`${code} is of kind ${kind}: ${message}`]),
  ];
}

function shown(bytes: Buffer): string {
  return `of ${bytes.length} bytes: ${JSON.stringify(bytes.subarray(0, 600).toString('latin1'))}`;
}
