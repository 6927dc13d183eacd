import { expect, onTestFinished, test } from 'vitest';

import { typedKeyWarnings, wirePalette } from '../../src/cli/wire-palette.ts';
import { startPaletteServer } from '../support/palette-server.ts';
import { infraUid, sampleKey, sampleProject } from '../support/palette-server-data.ts';
import { everythingShown, rejection } from '../support/rejection.ts';

const config = { bin: 'palette-edge', version: 'test' };
const reach = { 'plain-http': [], insecure: [], 'ca-cert': [], 'cert-dir': undefined };
const usual = {
  ...reach,
  'palette-endpoint': 'api.example.com',
  'project-id': sampleProject,
  'api-key': sampleKey,
};

test('the client reaches Palette as the user said', async () => {
  const server = await startPaletteServer();
  const flags = { ...usual, 'palette-endpoint': `${server.host}/api`, 'plain-http': [server.host] };
  await using wiring = await wirePalette(flags, config, () => undefined);
  const call = { method: 'GET' as const, path: ['v1', 'clusterprofiles', infraUid], subject: 'profile' };
  await wiring.client.object(call, new AbortController().signal);
  expect(server.requests[0]?.headers).toMatchObject({
    apikey: sampleKey,
    projectuid: sampleProject,
    'user-agent': 'palette-edge/test',
  });
});

test.each([undefined, ''])('without a project those of the tenant are meant: %j', async (project) => {
  await using wiring = await wirePalette({ ...usual, 'project-id': project }, config, () => undefined);
  expect(wiring.client.projectUid).toBeUndefined();
});

test.each([
  ['an endpoint', { 'palette-endpoint': 'a b' }, 'PALETTE_ENDPOINT_INVALID'],
  ['a project', { 'project-id': 'Default' }, 'PALETTE_UID_INVALID'],
  ['a host', { 'plain-http': ['a.io/x'] }, 'HOST_INVALID'],
])('%s that makes no sense is told', async (_what, flags, code) => {
  const wired = wirePalette({ ...usual, ...flags }, config, () => undefined);
  expect(await rejection(wired)).toMatchObject({ code, kind: 'usage' });
});

test.each([
  ['', 'API_KEY_MISSING'],
  [' \n', 'API_KEY_MISSING'],
  ['s3cret s3cret', 'API_KEY_INVALID'],
  ['s3crét', 'API_KEY_INVALID'],
  ['s3cret\u0000', 'API_KEY_INVALID'],
  ['s3cret'.repeat(1000), 'API_KEY_INVALID'],
])('the key %j is %s', async (key, code) => {
  const error = await rejection(wirePalette({ ...usual, 'api-key': key }, config, () => undefined));
  expect(error).toMatchObject({ code, kind: 'authentication' });
  expect(everythingShown(error)).not.toContain('s3cr');
});

test('line breaks around a key are no part of it', async () => {
  const server = await startPaletteServer();
  const there = { 'palette-endpoint': server.host, 'plain-http': [server.host] };
  await using wiring = await wirePalette(
    { ...usual, ...there, 'api-key': `${sampleKey}\n` },
    config,
    () => undefined,
  );
  const call = { method: 'GET' as const, path: ['v1', 'clusterprofiles', infraUid], subject: 'profile' };
  expect(await wiring.client.object(call, new AbortController().signal)).toHaveProperty('metadata');
});

test('the key of the environment is taken when no flag gives one', async () => {
  const before = process.env['PALETTE_API_KEY'];
  onTestFinished(() => {
    if (before === undefined) delete process.env['PALETTE_API_KEY'];
    else process.env['PALETTE_API_KEY'] = before;
  });
  delete process.env['PALETTE_API_KEY'];
  const flags = { ...usual, 'api-key': undefined };
  expect(await rejection(wirePalette(flags, config, () => undefined))).toMatchObject({
    code: 'API_KEY_MISSING',
  });
  process.env['PALETTE_API_KEY'] = sampleKey;
  await using wiring = await wirePalette(flags, config, () => undefined);
  expect(wiring.client.host).toBe('api.example.com');
});

test.each([
  [['build', '--api-key', sampleKey], 1],
  [['build', `--api-key=${sampleKey}`], 1],
  [['build', '--profile', 'a.json'], 0],
  [['build', '--api-keys'], 0],
])('a typed key is warned of: %j', (argv, count) => {
  const warnings = typedKeyWarnings(argv);
  expect(warnings).toHaveLength(count);
  expect(JSON.stringify(warnings)).not.toContain(sampleKey);
});
