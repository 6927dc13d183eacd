import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { threatChecks } from '../soak/threat-checks.ts';

const root = join(import.meta.dirname, '../..');

interface ThreatLine {
  readonly threat: string;
  readonly source: string;
  readonly file: string;
  readonly name: string;
}

const text = readFileSync(join(root, 'docs/security.md'), 'utf8');
const linePattern = /^\| ([^|*][^|]*) \| `([^`|]+)` \| `(test\/[^`|]+)`: ([^|]+) \|$/;
const section = text.slice(text.indexOf('## Threats and checks'), text.indexOf('## What is out of scope'));
/** All lines of the table but its head and the titles between. */
const rows = section.split('\n').filter((line) => /^\| (?!---|Threat |\*\*)/.test(line));
const lines = rows.map((row): ThreatLine | undefined => {
  const [, threat, source, file, name] = linePattern.exec(row) ?? [];
  return threat && source && file && name ? { threat, source, file, name } : undefined;
});

/** A name as it stands in the source of a test: escapes and all. */
function spellings(name: string): readonly string[] {
  return ["'", '"', '`'].map((quote) => `${quote}${name.replaceAll(quote, `\\${quote}`)}${quote}`);
}

test('every threat has a line of the form that this test reads, and there are many', () => {
  expect(rows.filter((_, index) => lines[index] === undefined)).toEqual([]);
  expect(rows.length).toBeGreaterThan(60);
});

test.each(lines.flatMap((line) => (line === undefined ? [] : [line])))(
  '$threat',
  ({ source, file, name }) => {
    expect(existsSync(join(root, source))).toBe(true);
    const code = readFileSync(join(root, file), 'utf8');
    expect(spellings(name).filter((spelling) => code.includes(spelling))).not.toEqual([]);
  },
);

test.each(threatChecks)(
  'a check that npm run threats takes out is there, and has its line: $name',
  (taken) => {
    const code = readFileSync(join(root, taken.source), 'utf8');
    // What it is now belongs into test/soak/threat-checks.ts.
    expect(code.split(taken.check)).toHaveLength(2);
    expect(lines.map((line) => `${line?.file}: ${line?.name}`)).toContain(`${taken.test}: ${taken.name}`);
  },
);
