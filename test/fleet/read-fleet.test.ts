import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { readFleet } from '../../src/fleet/read-fleet.ts';
import { thrown } from '../support/sample-profiles.ts';

const head = `fleetVersion: 1
contents:
  - {name: shop, profiles: [infra.yaml]}
`;

function read(text: string) {
  return readFleet({ name: 'fleet.yaml', text });
}

test('of each option the innermost counts, and none takes one back', () => {
  const { sites, chainLimit, bundles, state } = read(`${head}defaults:
  arch: [arm64, amd64]
  squeeze: max
  privateKey: keys/site.pem
groups:
  - name: north
    content: shop
    split: 3GB
    map: [docker.io=registry.site/hub]
    sites:
      - n2
      - {name: n1, arch: [arm64], squeeze: none, map: [], iso: true}
`);
  expect({ chainLimit, bundles, state }).toEqual({
    chainLimit: 5,
    bundles: 'bundles',
    state: 'fleet-state.jsonl',
  });
  expect(sites.map(({ name }) => name)).toEqual(['n1', 'n2']);
  expect(sites[1]?.options).toEqual({
    arch: ['amd64', 'arm64'],
    map: ['docker.io=registry.site/hub'],
    exclude: [],
    squeeze: 'max',
    split: 3_000_000_000,
    privateKey: 'keys/site.pem',
    encryptTo: [],
    iso: false,
  });
  expect(sites[0]?.options).toMatchObject({ arch: ['arm64'], squeeze: undefined, map: [], iso: true });
});

const groups = 'groups:\n  - name: g\n    content: shop\n    sites:\n';

test.each([
  ['another version', 'fleetVersion: 2\n', 'fleet.yaml:1: fleetVersion: expected 1'],
  [
    'a misspelt option',
    `${head}${groups}      - {name: a, sqeeze: max}\n`,
    'fleet.yaml:8: groups[0].sites[0].sqeeze: it is not known there',
  ],
  [
    'a site twice',
    `${head}${groups}      - a\n      - a\n`,
    'fleet.yaml:9: groups[0].sites[1]: there is a site a already, in the group g',
  ],
  [
    'a content that is not there',
    `${head}groups:\n  - {name: g, content: shp, sites: [a]}\n`,
    'fleet.yaml:5: groups[0].content: there is no such content; there are: shop',
  ],
  [
    'a name that climbs',
    `${head}${groups}      - ../a\n`,
    'fleet.yaml:8: groups[0].sites[0]: expected a name of at most 63',
  ],
  ['no sites', head, 'there are no sites'],
  [
    'an image for nobody to decrypt',
    `${head}${groups}      - {name: a, iso: true, encryptTo: [age1x]}\n`,
    'iso and encryptTo do not go together',
  ],
  [
    'a key that is none',
    `${head}${groups}      - {name: a, privateKey: ""}\n`,
    'privateKey: expected the path of a key',
  ],
  [
    'a place with a password',
    `${head}${groups}      - a\npublish: oci://user:word@registry.example.com/edge\n`,
    'publish: it has a password',
  ],
  [
    'a place that all bundles would have one tag in',
    `${head}${groups}      - a\npublish: oci://registry.example.com:5000/edge:1\n`,
    'publish: expected a repository without a tag',
  ],
  ['a place that is none', `${head}${groups}      - a\npublish: /mnt\n`, 'publish: expected oci://'],
  [
    'an architecture that is none',
    `${head}${groups}      - {name: a, arch: [x86]}\n`,
    'arch[0]: expected amd64 or arm64',
  ],
  ['an alias', `${head.replace('shop', '&a shop')}groups: *a\n`, 'fleet.yaml:4: it has an alias'],
  [
    'two kinds of sources',
    'fleetVersion: 1\ncontents:\n  - {name: a, definition: d.yaml, images: [x]}\n',
    'a definition names all images',
  ],
  [
    'a content of nothing',
    'fleetVersion: 1\ncontents:\n  - {name: a}\n',
    'it names nothing that could name an image',
  ],
  [
    'parts that are too small',
    `${head}${groups}      - {name: a, split: 10}\n`,
    'expected a size of at least 1MiB',
  ],
])('%s is refused with its place', (_, text, message) => {
  const error = thrown(() => read(text));
  expect(error).toBeInstanceOf(PaletteEdgeError);
  expect(error).toMatchObject({
    code: 'FLEET_INVALID',
    kind: 'usage',
    message: expect.stringContaining(message),
  });
});

test('more sites than a fleet may have are refused', () => {
  const sites = Array.from({ length: 10_001 }, (_each, index) => `s${index}`).join(', ');
  expect(() => read(`${head}groups:\n  - {name: g, content: shop, sites: [${sites}]}\n`)).toThrow(
    'there are more than 10000 sites',
  );
});
