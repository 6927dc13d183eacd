import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { formatPlatform, isSamePlatform, parsePlatform } from '../../src/oci/platform.ts';

test.each([
  ['linux/amd64', 'linux/amd64'],
  ['linux/amd64/v1', 'linux/amd64'],
  ['linux/amd64/v2', 'linux/amd64/v2'],
  ['linux/x86_64', 'linux/amd64'],
  ['linux/arm64', 'linux/arm64'],
  ['linux/arm64/v8', 'linux/arm64'],
  ['linux/aarch64', 'linux/arm64'],
  ['linux/arm', 'linux/arm/v7'],
  ['linux/arm/v7', 'linux/arm/v7'],
  ['linux/arm/v6', 'linux/arm/v6'],
  ['linux/armhf', 'linux/arm/v7'],
  ['linux/armel', 'linux/arm/v6'],
  ['linux/arm/7', 'linux/arm/v7'],
  ['linux/arm/6', 'linux/arm/v6'],
  ['linux/arm64/8', 'linux/arm64'],
  ['linux/arm64/9', 'linux/arm64/v9'],
  ['linux/amd64/8', 'linux/amd64/8'],
  ['linux/i386', 'linux/386'],
  ['windows/amd64', 'windows/amd64'],
  ['linux/constructor', 'linux/constructor'],
])('%s is %s', (text, formatted) => {
  expect(formatPlatform(parsePlatform(text))).toBe(formatted);
});

test.each([
  '',
  'amd64',
  'linux',
  'linux/',
  '/amd64',
  'linux/amd64/',
  'linux/arm/v7/x',
  'Linux/amd64',
  'linux/a b',
  'linux//v8',
])('%j is no platform', (text) => {
  expect(() => parsePlatform(text)).toThrow(
    expect.objectContaining({ code: 'PLATFORM_INVALID', kind: 'usage' }),
  );
});

test.each([
  ['linux/arm64', 'linux/arm64/v8', true],
  ['linux/amd64', 'linux/amd64/v1', true],
  ['linux/arm', 'linux/arm/v7', true],
  ['linux/arm/v6', 'linux/arm/v7', false],
  ['linux/amd64', 'windows/amd64', false],
  ['linux/amd64', 'linux/amd64/v3', false],
])('%s and %s are the same: %s', (left, right, expected) => {
  expect(isSamePlatform(parsePlatform(left), parsePlatform(right))).toBe(expected);
});

test('the version of the operating system is not part of the name', () => {
  expect(formatPlatform({ os: 'windows', architecture: 'amd64', osVersion: '10.0.17763.1' })).toBe(
    'windows/amd64',
  );
});

test('parse after format is the identity', () => {
  const part = fc.oneof(
    fc.constantFrom(
      'linux',
      'amd64',
      'arm',
      'arm64',
      'v7',
      'v8',
      '__proto__'.replaceAll('_', 'x'),
      'constructor',
    ),
    fc.stringMatching(/^[a-z0-9][a-z0-9_.-]{0,8}$/),
  );
  fc.assert(
    fc.property(part, part, fc.option(part, { nil: undefined }), (os, architecture, variant) => {
      const text = formatPlatform({ os, architecture, variant });
      expect(formatPlatform(parsePlatform(text))).toBe(text);
    }),
  );
});
