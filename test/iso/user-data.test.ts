import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { checkUserData, maximumUserData } from '../../src/iso/user-data.ts';
import type { CheckedUserData } from '../../src/iso/user-data.ts';
import { everythingShown } from '../support/rejection.ts';

function check(text: string | Uint8Array): CheckedUserData {
  return checkUserData(Buffer.from(text), 'user-data');
}

function refusal(text: string | Uint8Array): PaletteEdgeError {
  try {
    check(text);
  } catch (error) {
    if (error instanceof PaletteEdgeError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

test('what the documentation shows has no unknown keys', () => {
  const text = `#cloud-config
stylus:
  debug: true
  featureGate: "UserDataForm"
  managementMode: local
  vip: {skip: false}
  externalRegistries:
    registries:
      - {domain: r.example.com/x, username: a, password: b, repositoryName: c, certificates: [d], encodedPassword: true}
    registryMappingRules: {"us-docker.pkg.dev/palette-images": "r.example.com/palette-images"}
  site:
    paletteEndpoint: api.spectrocloud.com
    edgeHostToken: t
    projectName: Default
    deviceUIDPaths:
      - {name: /etc/x, regex: "edge.*"}
    network:
      httpProxy: http://p
      interfaces:
        eth0: {type: static, ipAddress: 10.0.0.2, mask: 255.255.255.0, gateway: 10.0.0.1, nameserver: 1.1.1.1}
    tags: {city: london, anything: goes}
    tagsFromFile: {fileName: /etc/tags, delimiter: ";", separator: ":"}
`;
  expect(check(text)).toEqual({ hasStylus: true, unknown: [] });
});

test('unknown keys are found wherever they are, with line and block', () => {
  const { unknown } = check(`#cloud-config
stylus:
  site:
    paleteEndpoint: x
    network:
      interfaces:
        eth0: {ipAdress: 1}
    users:
      - name: a
      - paswd: b
`);
  expect(unknown.map(({ line, block, key }) => [line, block, key])).toEqual([
    [4, 'stylus.site', 'paleteEndpoint'],
    [7, 'stylus.site.network.interfaces.eth0', 'ipAdress'],
    [10, 'stylus.site.users[]', 'paswd'],
  ]);
  expect(unknown[0]?.known).toContain('paletteEndpoint');
});

test('at the top all others are told apart from ours', () => {
  expect(check('#cloud-config\nstages: {}\nusers: []\n')).toMatchObject({
    hasStylus: false,
    unknown: [{ line: 3, block: '', key: 'users' }],
  });
});

test.each([
  ['stylus: {}\n', 'user-data:1: expected the first line to be #cloud-config'],
  [' #cloud-config\nstylus: {}\n', 'user-data:1: expected the first line'],
  ['#cloud-config-archive\n', 'user-data:1: expected the first line'],
  ['\uFEFF#cloud-config\nstylus: {}\n', 'user-data:1: it begins with a byte order mark'],
  ['#cloud-config\n- a\n', 'user-data: expected keys and values'],
  ['#cloud-config\n', 'user-data: expected keys and values'],
  ['#cloud-config\na: 1\n  b: 2\n', 'user-data:2:4: it is not valid YAML: a mapping or'],
  ['#cloud-config\na: 1\nb: {x: 1, x: 2}\n', 'user-data:3: the key "x" is there twice'],
])('%j is refused with its line', (text, message) => {
  const error = refusal(text);
  expect(error).toMatchObject({ code: 'USER_DATA_INVALID', kind: 'usage' });
  expect(error.message).toContain(message);
});

test('lines may end as Windows has them', () => {
  expect(check('#cloud-config\r\nstylus:\r\n  debug: true\r\n')).toMatchObject({ hasStylus: true });
});

test('what is no text, or too large, is refused', () => {
  expect(refusal(Buffer.from([0x23, 0xff, 0xfe])).message).toMatch(/not UTF-8/);
  expect(refusal(Buffer.alloc(maximumUserData + 1, '#')).message).toMatch(/more than 1048576 bytes/);
});

test('no message has a value: it may be a secret', () => {
  const broken = [
    'stylus:\n  site:\n    edgeHostToken: "sEcReT\n',
    'stylus: {edgeHostToken: sEcReT\n',
    'a: sEcReT\n  b: *sEcReT\n',
    '? sEcReT\n: [sEcReT: }\n',
    'a: !!int sEcReT\n b: @sEcReT\n',
  ];
  for (const text of broken) {
    expect(everythingShown(refusal(`#cloud-config\n${text}`))).not.toContain('sEcReT');
  }
});

test('many keys take no time', () => {
  const lines = Array.from({ length: 10_000 }, (_, index) => `k${index}: 1`);
  expect(check(`#cloud-config\n${lines.join('\n')}\n`).unknown).toHaveLength(10_000);
});
