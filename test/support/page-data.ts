import type { PageData } from '../../src/report/html-page-data.ts';

/** Names that would be more than names, where markup or the direction of writing can be changed. */
export const hostileNames = [
  '</script><script>globalThis.stolen = 1</script>',
  '"><img src=x onerror="globalThis.stolen = 1"><b>bold</b>',
  "<!--<script>'&lt;b&gt;${globalThis.stolen = 1}",
  'gnp.exe\u202Egpj.sh\u2066\u2069',
  'two\u2028lines\u2029and\u0000\u001B[2Jmore\uD800',
] as const;

/** What a page shows of a bundle in which everything is called so; without names a bundle that has nothing. */
export function samplePageData(names: readonly string[]): PageData {
  const [name = 'empty'] = names;
  const digest = `sha256:${'0a'.repeat(32)}`;
  const all = names.join(' ');
  return {
    bundle: {
      name: names.length === 0 ? 'empty' : name,
      id: '0a0a0a0a',
      inventory: digest,
      mode: 'squeezed',
      size: 1000,
      contentSize: names.length * 100,
      unsharedSize: names.length * 100,
      profiles: names,
      writtenBy: all,
      reportedBy: 'palette-edge 0.1.0',
      created: '2024-05-06T07:08:09Z',
      chosen: names,
      squeeze: { layers: 0, bytes: 0, kept: names.map((reason) => ({ reason, layers: 1, bytes: 100 })) },
      delta: {
        bases: names.map((base) => ({ name: base, id: base })),
        takenBlobs: 0,
        takenBytes: 0,
        changedLayers: 0,
        changedBytes: 0,
      },
    },
    images: names.map((image) => ({
      name: image,
      digest,
      from: all,
      platforms: [{ platform: all, digest, layers: [0], distribution: all }],
      omitted: names,
      origins: names,
      total: 100,
      alone: 100,
    })),
    layers: names.slice(0, 1).map(() => ({ digest, size: 100, images: names.map((_, place) => place) })),
    groups: [
      ...names.map((file) => ({ kind: 'files' as const, size: 100, cells: [{ name: file, size: 100 }] })),
      // What every bundle has.
      { kind: 'metadata', size: 10, cells: [{ name: 'Manifests', size: 10 }] },
    ],
    artifacts: names.map((each) => ({
      name: each,
      digest,
      kind: 'companion',
      what: all,
      size: 1,
      about: names,
    })),
    files: names.map((file) => ({ name: file, digest, size: 1 })),
    largest: names.map((path) => ({ path, size: 10_000, layer: 0 })),
    packages: { list: names.map((each) => [each, each, each, each, [0]] as const), total: names.length },
    signatures: names.map((each) => ({ algorithm: each, keyId: each, checkedWith: each })),
    warnings: names.map((message) => ({ code: message, message })),
  };
}
