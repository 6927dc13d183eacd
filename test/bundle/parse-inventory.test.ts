import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { serializeInventory } from '../../src/bundle/inventory.ts';
import { parseInventory } from '../../src/bundle/parse-inventory.ts';
import { PaletteEdgeError } from '../../src/errors.ts';
import { canonicalJson } from '../../src/io/canonical-json.ts';
import { isCompanion } from '../../src/oci/origin.ts';
import { sampleBundle } from '../support/sample-bundle.ts';
import { sampleBundleWithCompanions } from '../support/sample-companions.ts';

const { plan } = await sampleBundle();
const { plan: withCompanions } = await sampleBundleWithCompanions();

test('what is serialised is parsed back', () => {
  expect(parseInventory(serializeInventory(plan.inventory))).toEqual(plan.inventory);
});

test('every kind of origin is parsed back', () => {
  const origins = [
    { kind: 'flag' },
    { kind: 'list', file: 'images.txt', line: 3 },
    { kind: 'manifest', file: 'a.yaml', line: 1, key: 'spec' },
    { kind: 'profile', profile: 'p', pack: 'k', key: 'pack.content.images[0]', line: 9 },
    { kind: 'profile', profile: 'p', pack: 'k', key: 'options.system.uri' },
    { kind: 'palette', service: 'stylus', version: '4.8.1' },
    { kind: 'discovered', profile: 'p', pack: 'k', key: 'charts.web.image', line: 3, how: 'read' },
    { kind: 'discovered', key: 'chart web, Chart.yaml', how: 'annotation' },
  ];
  const parsed = parseInventory(
    altered((document) => {
      document.formatVersion = 2;
      document.images[0].origins = origins;
    }),
  );
  expect(parsed.images[0]?.origins).toEqual(origins);
});

test('fields that this version does not know are passed over', () => {
  const bytes = altered((document) => {
    document.later = { added: true };
    document.images[0].later = 1;
  });
  expect(parseInventory(bytes)).toEqual(plan.inventory);
});

test('a layer may have any media type: registries take it, and so must bundles', () => {
  for (const mediaType of ['', 'text', 'text/plain; charset=utf-8']) {
    const bytes = altered((document) => {
      document.blobs.find(({ role }: { role: string }) => role === 'layer').mediaType = mediaType;
    });
    expect(parseInventory(bytes).blobs.map((blob) => blob.mediaType)).toContain(mediaType);
  }
});

test('an inventory with companions is parsed back', () => {
  expect(withCompanions.inventory.formatVersion).toBe(2);
  const parsed = parseInventory(serializeInventory(withCompanions.inventory));
  expect(parsed).toEqual(withCompanions.inventory);
  expect(parsed.images.filter(isCompanion)).toHaveLength(4);
});

describe('refused as unsupported, naming the tool version that is needed', () => {
  test.each([
    ['format version 4', { formatVersion: 4 }],
    ['format version as text', { formatVersion: '1' }],
    ['mode delta', { mode: 'delta' }],
    ['mode missing', { mode: undefined }],
  ])('%s', (_, fields) => {
    const bytes = altered((document) =>
      Object.assign(document, fields, { tool: { name: 'palette-edge', version: '7.8.9' } }),
    );
    const error = caught(() => parseInventory(bytes));
    expect(error).toMatchObject({ code: 'BUNDLE_VERSION_UNSUPPORTED', kind: 'content' });
    expect(error.suggestions.join()).toContain('palette-edge 7.8.9');
  });
});

describe('refused as invalid', () => {
  const zeros = `sha256:${'0'.repeat(64)}`;
  const cases: [string, (document: AnyJson) => unknown, string][] = [
    ['no tool', (d) => delete d.tool, 'tool'],
    ['a name with a slash', (d) => (d.name = 'a/b'), 'name'],
    ['an escape sequence', (d) => (d.profiles[0].name = '\u001b[2J'), 'profiles[0].name'],
    ['a text that is too long', (d) => (d.profiles[0].type = 'x'.repeat(1025)), 'profiles[0].type'],
    ['no list of images', (d) => (d.images = {}), 'images'],
    ['an image that is no object', (d) => (d.images[1] = null), 'images[1]'],
    ['a short reference', (d) => (d.images[0].reference = 'nginx:1.27'), 'images[0].reference'],
    ['a malformed reference', (d) => (d.images[0].reference = 'docker.io/UPPER:1'), 'images[0].reference'],
    ['images out of order', (d) => (d.images = d.images.toReversed()), 'order'],
    ['the same image twice', (d) => d.images.push(d.images.at(-1)), 'order'],
    ['a root that is no blob', (d) => (d.images[0].digest = zeros), 'images[0]'],
    ['a root of another size', (d) => (d.images[0].size += 1), 'images[0]'],
    ['a root that is no manifest', (d) => (d.images[0].mediaType = 'text/plain'), 'images[0].mediaType'],
    [
      'a manifest of a type that no header can have',
      (d) => (d.blobs.find(({ role }: { role: string }) => role === 'manifest').mediaType = 'a/日本'),
      'mediaType',
    ],
    [
      'a manifest of no type',
      (d) => (d.blobs.find(({ role }: { role: string }) => role === 'manifest').mediaType = 'text'),
      'mediaType',
    ],
    [
      'a root that is said to be a layer',
      (d) => (d.blobs.find(({ digest }: { digest: string }) => digest === d.images[0].digest).role = 'layer'),
      'the root of images[0] is said to be no manifest',
    ],
    ['a profile twice', (d) => d.profiles.push(d.profiles[0]), 'profiles[1] is not in order'],
    [
      'profiles out of order',
      (d) => d.profiles.push({ ...d.profiles[0], name: 'a' }),
      'profiles[1] is not in order',
    ],
    ['a platform that is no text', (d) => (d.images[0].platforms = [1]), 'images[0].platforms[0]'],
    ['an unknown origin', (d) => (d.images[0].origins = [{ kind: 'x' }]), 'images[0].origins[0].kind'],
    ['a bad digest', (d) => (d.blobs[0].digest = 'sha256:abc'), 'blobs[0].digest'],
    ['a negative size', (d) => (d.blobs[0].size = -1), 'blobs[0].size'],
    ['an unknown role', (d) => (d.blobs[0].role = 'x'), 'blobs[0].role'],
    ['a blob twice', (d) => d.blobs.push(d.blobs[0]), 'twice'],
    ['more bytes than can be counted', (d) => (d.blobs.at(-1).size = Number.MAX_SAFE_INTEGER), 'too large'],
    ['a path that climbs', (d) => (d.files.at(-1).path = 'palette-edge/../../etc/passwd'), 'path'],
    ['an absolute path', (d) => (d.files.at(-1).path = '/etc/passwd'), 'path'],
    ['a file twice', (d) => d.files.push(d.files.at(-1)), 'twice'],
    ['leading files out of order', (d) => (d.files = d.files.toReversed()), 'path'],
    ['leading files missing', (d) => (d.files = d.files.slice(0, 2)), 'lacks'],
    ['charts that are no list', (d) => (d.charts = {}), 'charts'],
  ];
  test.each(cases)('%s', (_, change, expected) => {
    const error = caught(() => parseInventory(altered(change)));
    expect(error).toMatchObject({ code: 'INVENTORY_INVALID', kind: 'content' });
    expect(error.message).toContain(expected);
  });

  test.each([
    ['white space', ` ${serializeInventory(plan.inventory).toString()}`],
    ['a fraction', '{"formatVersion":1.5}'],
    ['a key twice', '{"mode":"plain","mode":"plain"}'],
    ['no JSON', '{'],
    ['no object', '[]'],
    ['null', 'null'],
    ['deep nesting', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['a byte order mark', `\uFEFF${serializeInventory(plan.inventory).toString()}`],
  ])('%s', (_, text) => {
    expect(caught(() => parseInventory(Buffer.from(text)))).toMatchObject({ code: 'INVENTORY_INVALID' });
  });

  test('bytes that are no UTF-8, and too many bytes', () => {
    expect(caught(() => parseInventory(Buffer.from([0x22, 0xff, 0x22])))).toMatchObject({
      code: 'INVENTORY_INVALID',
    });
    expect(caught(() => parseInventory(Buffer.alloc(16 * 1024 * 1024 + 1))).message).toContain('larger');
  });

  test('any JSON at all is refused with an error of ours', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(caught(() => parseInventory(Buffer.from(text)))).toMatchObject({ code: 'INVENTORY_INVALID' });
      }),
    );
  });
});

describe('companions that make no sense are refused', () => {
  const lost = 'ghcr.io/org/lost:1';
  const cases: [string, (companion: AnyJson, document: AnyJson) => unknown, string][] = [
    ['of something that is not there', ({ origins }) => (origins[0].of = lost), `of ${lost}`],
    ['of no full reference', ({ origins }) => (origins[0].of = 'nginx'), 'origins[0].of'],
    ['of themselves', (image) => (image.origins[0].of = image.reference), 'belongs to no image'],
    ['about no digest', ({ origins }) => (origins[0].subject = 'x'), 'origins[0].subject'],
    ['of an unfit type', (image) => (image.artifactType = 1), 'artifactType'],
    ['in format version 1', (_, document) => (document.formatVersion = 1), 'format version 1'],
    ['that nobody has', (_, document) => (document.images = document.images.slice(0, 1)), 'format version 2'],
  ];
  test.each(cases)('%s', (_, change, expected) => {
    const bytes = altered((document) => {
      document.images = document.images.toSorted((left: AnyJson) => (isCompanion(left) ? 1 : -1));
      change(document.images.at(-1), document);
      document.images.sort((left: AnyJson, right: AnyJson) => (left.reference < right.reference ? -1 : 1));
    }, withCompanions.inventory);
    const error = caught(() => parseInventory(bytes));
    expect(error).toMatchObject({ code: 'INVENTORY_INVALID' });
    expect(error.message).toContain(expected);
  });
});

function altered(change: (document: AnyJson) => unknown, inventory = plan.inventory): Buffer {
  const document = JSON.parse(serializeInventory(inventory).toString());
  change(document);
  return Buffer.from(canonicalJson(document));
}

function caught(action: () => unknown): PaletteEdgeError {
  try {
    action();
  } catch (error) {
    if (error instanceof PaletteEdgeError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

// oxlint-disable-next-line typescript/no-explicit-any -- documents are changed in ways no type allows
type AnyJson = any;
