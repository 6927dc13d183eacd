import { expect, test } from 'vitest';

import { itemsOf, parseRegistriesYaml } from '../../src/cli/registries-piece.ts';
import { nameRewrite } from '../../src/cli/registries-rewrite.ts';

test.each([
  ['^rancher/(.*)', 'mirror/$1', 'rancher/pause', 'mirror/pause'],
  ['^rancher/(.*)', 'mirror/${1}-x', 'rancher/pause', 'mirror/pause-x'],
  ['(?P<org>[^/]+)/(?P<name>.+)', '${name}/$org', 'a/b', 'b/a'],
  ['^(.*)$', '$0-$0', 'a', 'a-a'],
  ['(?i)^RANCHER/', 'x/', 'rancher/pause', 'x/pause'],
  ['a', 'b', 'aaa', 'bbb'],
  [String.raw`\.`, '-', 'a.b.c', 'a-b-c'],
  ['^a', '$$', 'ab', '$b'],
  ['^a', '$&', 'ab', '$&b'],
  ['^a', "$'", 'ab', "$'b"],
  ['(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)', '$10$1', 'abcdefghij', 'ja'],
  ['^library/', '', 'library/nginx', 'nginx'],
  ['^x', 'y', 'a', 'a'],
])('%s → %s makes %s into %s', (...row) => {
  const [source, replacement, name, expected] = row;
  const list = parseRegistriesYaml(JSON.stringify([replacement]), 'registries.yaml');
  const names = (list === undefined ? [] : itemsOf(list)).map((piece) => {
    const rewrite = nameRewrite(source, piece);
    return name.replaceAll(rewrite.pattern, rewrite.replacement);
  });
  expect(names).toEqual([expected]);
});
