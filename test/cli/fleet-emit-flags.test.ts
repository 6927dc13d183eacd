import { expect, test } from 'vitest';

import { emitRequest } from '../../src/cli/fleet-emit-flags.ts';
import type { EmittingFlags } from '../../src/cli/fleet-emit-flags.ts';
import { defaultEndpoint } from '../../src/cli/palette-flags.ts';
import { rejection } from '../support/rejection.ts';
import { usualRegistryFlags } from '../support/usual-registry-flags.ts';

const none: EmittingFlags = {
  output: undefined,
  'builder-image': undefined,
  'npm-package': undefined,
  'parallel-jobs': undefined,
  'storage-size': undefined,
  'storage-class': undefined,
  'many-nodes': false,
  'api-key': undefined,
  'palette-endpoint': defaultEndpoint,
  'project-id': undefined,
  ...usualRegistryFlags,
  store: [],
};

test('jobs are given flags as they were typed, and not what is of this machine', async () => {
  const given = { mirror: ['docker.io=mirror.example.com'], 'max-rate': '1MB', 'ca-cert': ['ca.pem'] };
  const found = await emitRequest('github', { ...none, ...given, store: ['/data', 's3://b/p'] }, '1.0.0');
  expect(found.request).toMatchObject({
    args: ['--max-rate=1MB', '--mirror=docker.io=mirror.example.com'],
    sharedStores: ['s3://b/p'],
    choices: { npmPackage: 'palette-edge-content-builder@1.0.0' },
  });
  expect(found.warnings.map(({ message }) => message)).toEqual([expect.stringMatching(/^--ca-cert: /)]);
});

test.each<[string, Partial<EmittingFlags>]>([
  ['--mirror', { mirror: ['docker.io=user:secret@mirror.example.com'] }],
  ['--palette-endpoint', { 'palette-endpoint': 'https://user:secret@palette.example.com' }],
  ['--store', { store: ['oci://user:secret@registry.example.com/cache'] }],
  ['--npm-package', { 'npm-package': '--global-style' }],
  ['--builder-image', { 'builder-image': 'registry.example.com/builder:1' }],
])('%s is refused: it does not belong into a file', async (flag, given) => {
  const error = await rejection(emitRequest('github', { ...none, ...given }, '1.0.0'));
  expect(error).toMatchObject({ code: 'FLEET_EMIT_VALUE', message: expect.stringContaining(`${flag}: `) });
  expect(String(error)).not.toContain('secret');
});
