import { expect, test } from 'vitest';

import { sourceCommands } from '../cli/source-commands.ts';
import { readMarkdown } from './markdown.ts';

test('each command that takes a bundle is told of: what of it must be signed, or that nothing has to', async () => {
  const { prose } = readMarkdown('docs/checking-signatures.md');
  const [table = '', without = ''] = prose.split('## Which commands')[1]?.split('These ask for none') ?? [];
  const asking = named(table);
  const others = named(without.split('## ')[0] ?? '');
  const commands = (await sourceCommands()).commands
    .filter(({ id, hiddenAliases }) => !hiddenAliases.includes(id))
    .map(({ id, flags, args }) => ({
      name: id.replaceAll(':', ' '),
      isAsking: 'public-key' in flags,
      takesBundle: Object.keys(args).some((name) => /^bundles?$/.test(name)),
    }));
  const wanted = commands.filter(({ isAsking }) => isAsking).map(({ name }) => name);
  expect(asking.toSorted()).toEqual(wanted.toSorted());
  const silent = commands.filter(({ isAsking, takesBundle }) => takesBundle && !isAsking);
  expect(silent.length).toBeGreaterThan(2);
  expect(silent.map(({ name }) => name).filter((name) => !others.includes(name))).toEqual([]);
});

/** What stands between backticks in the first column, or before the first full stop of an entry. */
function named(text: string): string[] {
  const heads = text
    .split('\n')
    .map((line) => /^\| ([^|]*) \|/.exec(line)?.[1] ?? /^- \*\*(.*?)\*\*/.exec(line)?.[1]);
  return heads.flatMap((head = '') =>
    Array.from(head.matchAll(/`([a-z -]+?)(?: --.*?)?`/g), ([, name = '']) => name),
  );
}
