import { expect, test } from 'vitest';

import { formatState, withBuilt, withDelivered, withoutUnused } from '../../src/fleet/fleet-state.ts';
import type { BuiltBundle, FleetState } from '../../src/fleet/fleet-state.ts';
import { readState } from '../../src/fleet/read-state.ts';
import { builtBundle } from './sample-fleet.ts';

const first = builtBundle('shop-11111111', 'first');
const second = builtBundle('shop-11111111-from-12345678', 'second', { base: first.inventory, chain: 1 });

/** Sites with what they have. */
function stateOf(sites: Readonly<Record<string, BuiltBundle>>): FleetState {
  const has = Object.entries(sites);
  return {
    bundles: has.map(([, built]) => built),
    sites: has.map(([site, { inventory }]) => ({ site, has: inventory, chain: 0 })),
  };
}

test('a state is read as it was written, in any order, and with lines that a merge left twice', () => {
  const state = withBuilt(stateOf({ c: first }), [
    { built: first, sites: ['b', 'a'] },
    { built: second, sites: ['c'] },
  ]);
  const text = formatState(state);
  const lines = text.trimEnd().split('\n');
  expect(lines[0]).toBe('{"fleetState":1}');
  expect(lines).toHaveLength(6);
  const mixed = [...lines.toReversed(), ...lines].join('\r\n');
  expect(formatState(readState({ name: 's', text: mixed }))).toBe(text);
});

test('what is delivered is what a site has, and is no longer ready', () => {
  const state = withBuilt(stateOf({ a: first }), [{ built: second, sites: ['a'] }]);
  expect(state.sites).toEqual([{ site: 'a', has: first.inventory, chain: 0, ready: second.file }]);
  const after = withDelivered(state, new Map([['a', second]]));
  expect(after.sites).toEqual([{ site: 'a', has: second.inventory, chain: 1 }]);
});

test('a site that received something since a delta bundle was planned is not given it, nor the full bundle of what it has', () => {
  const whole = builtBundle('shop-11111111', 'second');
  const now = withBuilt(stateOf({ a: first, b: second }), [
    { built: second, sites: ['a', 'b', 'gone'] },
    { built: whole, sites: ['b'] },
  ]);
  expect(now.sites.flatMap(({ site, ready }) => (ready === undefined ? [] : [site]))).toEqual(['a']);
});

test('bundles of what no site has or waits for are left out, and sites that are gone', () => {
  const whole = builtBundle('shop-11111111', 'second');
  const before = builtBundle('shop-11111111', 'before');
  const built = withBuilt(stateOf({ a: before }), [
    { built: first, sites: ['gone'] },
    // The full bundle of what the site waits for is the base of the next one.
    { built: whole, sites: ['a'] },
    { built: second, sites: [] },
  ]);
  const kept = withoutUnused(built, new Set(['a']));
  expect(kept.bundles.map(({ file }) => file)).toEqual([before.file, whole.file, second.file]);
  expect(kept.sites.map(({ site, ready }) => [site, ready])).toEqual([['a', whole.file]]);
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
