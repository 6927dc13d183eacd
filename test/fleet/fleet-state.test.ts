import { expect, test } from 'vitest';

import {
  emptyState,
  formatState,
  withBuilt,
  withDelivered,
  withoutUnused,
} from '../../src/fleet/fleet-state.ts';
import { readState } from '../../src/fleet/read-state.ts';
import { builtBundle } from './sample-fleet.ts';

const first = builtBundle('shop-11111111', 'first');
const second = builtBundle('shop-11111111-from-12345678', 'second', { base: first.inventory, chain: 1 });

test('a state is read as it was written, in any order, and with lines that a merge left twice', () => {
  const state = withBuilt(withBuilt(emptyState, first, ['b', 'a']), second, ['c']);
  const text = formatState(state);
  const lines = text.trimEnd().split('\n');
  expect(lines[0]).toBe('{"fleetState":1}');
  expect(lines).toHaveLength(6);
  const mixed = [...lines.toReversed(), ...lines].join('\r\n');
  expect(formatState(readState({ name: 's', text: mixed }))).toBe(text);
});

test('what is delivered is what a site has, and is no longer ready', () => {
  const state = withBuilt(emptyState, second, ['a']);
  const site = { site: 'a', chain: 0, ready: second.file };
  expect(state.sites).toEqual([site]);
  const after = withDelivered(state, site, second);
  expect(after.sites).toEqual([{ site: 'a', has: second.inventory, chain: 1 }]);
});

test('bundles of what no site has or waits for are left out, and sites that are gone', () => {
  const built = withBuilt(withBuilt(emptyState, first, ['a', 'gone']), second, ['a']);
  // The full bundle of what the site waits for is the base of the next one.
  const whole = builtBundle('shop-11111111', 'second');
  const kept = withoutUnused(withBuilt(built, whole, []), new Set(['a']));
  expect(kept.bundles).toEqual([second, whole]);
  expect(kept.sites).toEqual([{ site: 'a', chain: 0, ready: second.file }]);
});

test.each([
  ['no head', '{"site":"a","chain":0}', ':1: expected the line {"fleetState":1}'],
  [
    'a conflict',
    '{"fleetState":1}\n{"site":"a","chain":0}\n{"site":"a","chain":1}',
    ':3: there is another line of a already',
  ],
  ['marks of a conflict', '{"fleetState":1}\n<<<<<<< HEAD', ':2: it is not a line of JSON'],
  ['a file elsewhere', '{"fleetState":1}\n{"site":"a","chain":0,"ready":"../x"}', ':2: the field ready'],
  ['no digest', '{"fleetState":1}\n{"site":"a","chain":0,"has":"sha256:1"}', ':2: the field has'],
  ['a chain without end', '{"fleetState":1}\n{"site":"a","chain":1e9}', ':2: the field chain'],
])('%s is refused with its line', (_, text, message) => {
  expect(() => readState({ name: 'state.jsonl', text })).toThrow(`state.jsonl${message}`);
});
