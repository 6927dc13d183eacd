import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

import { expect, test } from 'vitest';

import {
  clientHost,
  isEveryAddress,
  reachableAddresses,
  servedHostNames,
} from '../../src/workflows/served-host-names.ts';

const loopback = ['localhost', '127.0.0.1', '::1'];

test('an address is called by itself, by loopback, and by what only the user knows, each once', () => {
  expect(servedHostNames('127.0.0.1', [])).toEqual({ names: loopback, machineNames: [] });
  expect(servedHostNames('10.0.0.5', ['Registry.Site', '10.0.0.5', 'FD00::1']).names).toEqual([
    ...loopback,
    '10.0.0.5',
    'registry.site',
    'fd00::1',
  ]);
});

test.each(['0.0.0.0', '::'])('%s is every address of this machine that others may know', (address) => {
  const { names, machineNames } = servedHostNames(address, ['registry.site']);
  expect(isEveryAddress(address)).toBe(true);
  expect(names).toEqual([...loopback, 'registry.site']);
  expect(machineNames).toEqual(expect.arrayContaining(reachableAddresses()));
  expect(machineNames).not.toContain(address);
});

test('addresses that others may know are those of interfaces, without loopback and those of one link', () => {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const addresses = reachableAddresses();
  expect(all.map(({ address }) => address)).toEqual(expect.arrayContaining(addresses));
  expect(addresses.filter((address) => /^(?:127\.|::1$|fe80:)/i.test(address))).toEqual([]);
});

test('what no certificate can name is left out', () => {
  expect(servedHostNames('10.0.0.5', ['under_score', 'a b', '-x']).names).toEqual([...loopback, '10.0.0.5']);
});

test('clients use the name that was given, and an address of the machine for every one', () => {
  const at = (address: string) => ({
    host: address.includes(':') ? `[${address}]:5080` : `${address}:5080`,
    port: 5080,
  });
  expect(clientHost('10.0.0.5', at('10.0.0.5'))).toBe('10.0.0.5:5080');
  expect(clientHost('fd00::1', at('fd00::1'))).toBe('[fd00::1]:5080');
  expect(clientHost('registry.site', at('10.0.0.5'))).toBe('registry.site:5080');
  for (const address of ['0.0.0.0', '::']) {
    const host = clientHost(address, at(address));
    const [first = '127.0.0.1'] = reachableAddresses().filter((known) => address === '::' || isIPv4(known));
    expect([`${first}:5080`, `[${first}]:5080`]).toContain(host);
  }
});
