import { expect, test } from 'vitest';

import { readMarkdown, sectionOf } from './markdown.ts';

const bench = readMarkdown('bench/README.md');
const rows = readMarkdown('docs/comparison.md').prose.match(/^\|.*\.\.\/bench\/README\.md#.*\|$/gm) ?? [];

/** Numbers of a row that are figures, and the section of the benchmarks that it links. */
function figuresOf(row: string): { readonly anchor: string; readonly figures: readonly string[] } {
  const anchor = /\.\.\/bench\/README\.md#([\w-]+)/.exec(row)?.[1] ?? '';
  const text = row.replaceAll(/\]\([^)]*\)/g, ']').replaceAll(/`[^`]*`/g, '');
  return { anchor, figures: text.match(/\d+(?:\.\d+)?(?![\w.])/g) ?? [] };
}

test('every figure of a table stands in the section that it links', () => {
  const missing = rows.map(figuresOf).flatMap(({ anchor, figures }) => {
    const section = sectionOf(bench, anchor) ?? '';
    return figures
      .filter((figure) => !new RegExp(`(?<![\\d.])${figure.replace('.', '\\.')}(?![\\d.]*\\d)`).test(section))
      .map((figure) => `#${anchor}: ${figure}`);
  });
  expect(missing).toEqual([]);
  expect(rows.length).toBeGreaterThan(15);
});
