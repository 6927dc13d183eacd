import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';

import { expect, test } from 'vitest';

import { allMarkdown, anchorsOf } from './markdown.ts';
import type { Markdown } from './markdown.ts';

const root = join(import.meta.dirname, '../..');
const documents = allMarkdown();
const byPath = new Map(documents.map((document) => [document.path, document]));

/** Targets of links, pictures and references; code shows what is no link. */
function targetsOf({ prose }: Markdown): readonly string[] {
  const text = prose.replaceAll(/(?<!`)`[^`\n]+`(?!`)/g, '`');
  const inText = text.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g);
  const below = text.matchAll(/^\[[^\]]+\]:\s+<?(\S+?)>?(?:\s|$)/gm);
  return [...inText, ...below].map(([, target = '']) => target);
}

function isElsewhere(target: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(target);
}

/** What is wrong with a link, or undefined. */
function faultOf(from: string, target: string): string | undefined {
  const [path = '', anchor = ''] = target.split('#');
  const file = path === '' ? from : posix.join(posix.dirname(from), decodeURIComponent(path));
  if (file.startsWith('..') || !existsSync(join(root, file))) return 'there is no such file';
  if (anchor === '') return undefined;
  const document = byPath.get(file);
  if (document === undefined) return 'it has an anchor, and leads to no document';
  return anchorsOf(document).has(anchor) ? undefined : 'there is no such heading';
}

test('every relative link and anchor of all documents leads somewhere', () => {
  const links = documents.flatMap((document) =>
    targetsOf(document)
      .filter((target) => !isElsewhere(target))
      .map((target) => ({ from: document.path, target, fault: faultOf(document.path, target) })),
  );
  const broken = links.filter(({ fault }) => fault !== undefined);
  expect(broken.map(({ from, target, fault }) => `${from}: ${target}: ${fault}`)).toEqual([]);
  expect(links.length).toBeGreaterThan(300);
});

/** Documents that links lead to, from one on. */
function reachableFrom(start: string): ReadonlySet<string> {
  const reached = new Set([start]);
  // A set goes on with what is added meanwhile.
  for (const from of reached) {
    const document = byPath.get(from);
    for (const target of document === undefined ? [] : targetsOf(document)) {
      if (isElsewhere(target)) continue;
      const path = posix.join(posix.dirname(from), target.split('#')[0] ?? '');
      if (byPath.has(path)) reached.add(path);
    }
  }
  return reached;
}

test.each(['README.md', 'docs/README.md'])('every document of docs can be reached from %s', (start) => {
  const reached = reachableFrom(start);
  const inDocs = [...byPath.keys()].filter((path) => path.startsWith('docs/'));
  expect(inDocs.filter((path) => !reached.has(path))).toEqual([]);
  expect(inDocs.length).toBeGreaterThan(80);
});

test('links to other places are to HTTPS, mail or this machine', () => {
  const others = documents.flatMap((document) => targetsOf(document).filter(isElsewhere));
  expect(
    others.filter((target) => !/^(?:https:\/\/|mailto:|http:\/\/(?:127\.|localhost))/.test(target)),
  ).toEqual([]);
});

test.each([
  ['README.md', 'docs/no-such-file.md'],
  ['README.md', 'docs/errors.md#no-such-heading'],
  ['docs/errors.md', '#no-such-heading'],
  ['docs/errors.md', '../../outside.md'],
])('a broken link is found: %s to %s', (from, target) => {
  expect(faultOf(from, target)).toBeDefined();
});
