import type { SeededRandom } from '../soak/seeded-random.ts';

/** What steers terminals, ends texts early, or stands for something else in one format or another. */
const oddities: readonly string[] = [
  '\u0000',
  '\u001B[2J',
  '\u202E',
  '\uFEFF',
  '\uFFFD',
  '\r',
  '\r\n',
  '\n',
  '\n\n',
  '\t',
  ' ',
  '../../etc/passwd',
  '/etc/passwd',
  '__proto__',
  'constructor',
  'toString',
  'null',
  '~',
  '&a ',
  '*a',
  '<<: *a',
  '!!binary |',
  '%YAML 9.9',
  '---',
  '...',
  '[',
  ']',
  '{',
  '}',
  '- ',
  '? ',
  ': ',
  '|',
  '>-',
  '"',
  "'",
  '\\',
  '\\u0000',
  '%00',
  '%2e%2e%2f',
  '{{',
  '}}',
  '<',
  '>',
  '=',
  ',',
  ';',
  '@',
  '#',
  '$',
  '(',
  '*',
  '0',
  '-1',
  '1e999',
  '18446744073709551616',
  '9'.repeat(400),
  'sha256:',
  `sha256:${'0'.repeat(64)}`,
  'http://[::1',
  'https://user:s3cret@host/',
];

/** What makes texts long: where something is read again for each place it begins at, that takes for ever. */
const repeatable: readonly string[] = [
  ' ',
  '\n',
  '\t',
  'a',
  '0',
  '-',
  ',',
  '"',
  '\\',
  '[',
  '{',
  '- ',
  'a: ',
  '*',
  '.',
  '/',
  '= ',
  '<',
  '%',
];

/** How texts are changed. */
export interface TextChanges {
  readonly words: readonly string[];
  /** Other texts that the same parser takes. */
  readonly others: readonly string[];
  /** Of what is put in again and again. */
  readonly longest: number;
}

/** Changes a text in some places. */
export function mutateText(original: string, random: SeededRandom, changes: TextChanges): string {
  let text = original;
  for (let change = random.integer(1, 4); change > 0; change -= 1) text = changedOnce(text, random, changes);
  return text;
}

function changedOnce(text: string, random: SeededRandom, { words, others, longest }: TextChanges): string {
  const at = random.integer(0, text.length);
  const end = Math.min(text.length, at + random.pick([0, 1, 1, 2, 5, 20]));
  const put = (piece: string): string => text.slice(0, at) + piece + text.slice(end);
  const word = random.pick(words.length > 0 && random.chance(0.5) ? words : oddities);
  const kind = random.integer(0, 9);
  if (kind <= 3) return put(word);
  if (kind === 4) return put('');
  if (kind === 5) return put(text.slice(at, end + 20).repeat(random.integer(1, 4)));
  if (kind === 6) return mutateLines(text, random);
  if (kind === 7) return text.slice(0, at);
  if (kind === 8) return put(random.pick(others).slice(random.integer(0, 200)));
  return put(random.pick(repeatable).repeat(random.integer(1, longest)));
}

function mutateLines(text: string, random: SeededRandom): string {
  const lines = text.split('\n');
  const [from, to] = [random.integer(0, lines.length - 1), random.integer(0, lines.length)];
  const taken = lines.slice(from, from + random.integer(1, 3));
  const indented = random.chance(0.3) ? taken.map((line) => ` ${line}`) : taken;
  return lines.toSpliced(to, random.integer(0, 2), ...indented).join('\n');
}
