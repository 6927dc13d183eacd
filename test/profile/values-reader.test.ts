import { describe, expect, test } from 'vitest';

import { ValuesReader } from '../../src/profile/values-reader.ts';

const of = (title: string) => (line: number) => `${title} line ${line}`;
const unread = 'a: {{ [ }}: x: y\n  - {{ .Values.z }}\n';

describe('trees', () => {
  test('are read once while the pack is looked at, and let go with the next', () => {
    const reader = new ValuesReader();
    const first = reader.trees('a: 1\n', of('one'));
    expect(reader.trees('a: 1\n', of('one'))).toBe(first);
    reader.trees('b: 1\n', of('two'));
    const again = reader.trees('a: 1\n', of('one'));
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });

  test('of another pack name that one in what could not be read', () => {
    const reader = new ValuesReader();
    for (const title of ['one', 'two']) {
      const message = expect.stringMatching(new RegExp(`^${title} line `));
      expect(reader.trees(unread, of(title)).unreadSections).toMatchObject([{ error: { message } }]);
    }
  });
});

describe('content', () => {
  test('of one text is gathered once, whichever packs have it', () => {
    const reader = new ValuesReader();
    const first = reader.content('pack: {content: {images: [{image: r.io/a:1}]}}\n', of('one'));
    reader.content('b: 1\n', of('two'));
    expect(reader.content('pack: {content: {images: [{image: r.io/a:1}]}}\n', of('three'))).toBe(first);
    expect(first.named).toEqual([
      { kind: 'image', text: 'r.io/a:1', key: 'pack.content.images[0]', line: 1, mayBeNone: false },
    ]);
  });

  test('names each pack in what could not be read', () => {
    const reader = new ValuesReader();
    for (const title of ['one', 'two']) {
      const message = expect.stringMatching(new RegExp(`^${title} line `));
      expect(reader.content(unread, of(title)).unreadSections).toMatchObject([{ error: { message } }]);
    }
  });

  test('that is broken is an error of the pack', () => {
    expect(() => new ValuesReader().content('a: [1\n', of('one'))).toThrow(/^one line \d+: not valid YAML/);
  });
});
