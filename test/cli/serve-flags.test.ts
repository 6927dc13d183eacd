import { expect, test } from 'vitest';

import { listenAddress } from '../../src/cli/serve-flags.ts';
import { PaletteEdgeError } from '../../src/errors.ts';

test.each([
  ['127.0.0.1:5080', { address: '127.0.0.1', port: 5080 }],
  ['0.0.0.0:0', { address: '0.0.0.0', port: 0 }],
  ['[::1]:5080', { address: '::1', port: 5080 }],
  ['site-registry.example:65535', { address: 'site-registry.example', port: 65_535 }],
])('%s is where to listen', (text, expected) => {
  expect(listenAddress(text)).toEqual(expected);
});

test.each([
  '',
  '5080',
  ':5080',
  '127.0.0.1',
  '127.0.0.1:',
  '127.0.0.1:65536',
  '127.0.0.1:x',
  '::1:5080',
  '[127.0.0.1]:5080',
  '[::1]',
  'http://127.0.0.1:5080',
  '127.0.0.1:5080/v2',
  'a b:1',
])('%j is none', (text) => {
  const listen = () => listenAddress(text);
  expect(listen).toThrow(PaletteEdgeError);
  expect(listen).toThrow(`--listen ${JSON.stringify(text)} is no address`);
});
