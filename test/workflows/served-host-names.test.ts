import { networkInterfaces } from 'node:os';

import { expect, test } from 'vitest';

import {
  isEveryAddress,
  reachableAddresses,
  servedHostNames,
} from '../../src/workflows/served-host-names.ts';

const loopback = ['localhost', '127.0.0.1', '::1'];

test('an address is called by itself, by loopback, and by what only the user knows, each once', () => {
  expect(servedHostNames('127.0.0.1', [])).toEqual(loopback);
  expect(servedHostNames('10.0.0.5', ['Registry.Site', '10.0.0.5', 'FD00::1'])).toEqual([
    ...loopback,
    '10.0.0.5',
    'registry.site',
    'fd00::1',
  ]);
});

test.each(['0.0.0.0', '::'])('%s is every address of this machine that others may know', (address) => {
  const names = servedHostNames(address, []);
  expect(isEveryAddress(address)).toBe(true);
  expect(names).toEqual(expect.arrayContaining([...loopback, ...reachableAddresses()]));
  expect(names).not.toContain(address);
});

test('addresses that others may know are those of interfaces, without loopback and those of one link', () => {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const addresses = reachableAddresses();
  expect(all.map(({ address }) => address)).toEqual(expect.arrayContaining(addresses));
  expect(addresses.filter((address) => /^(?:127\.|::1$|fe80:)/i.test(address))).toEqual([]);
});

test('what no certificate can name is left out', () => {
  expect(servedHostNames('10.0.0.5', ['under_score', 'a b', '-x'])).toEqual([...loopback, '10.0.0.5']);
});
