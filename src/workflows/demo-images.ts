import { crc32 } from 'node:zlib';

import { canonicalJson } from '../io/canonical-json.ts';
import type { Json } from '../io/canonical-json.ts';
import { encodeTarHeader, tarPadding } from '../io/tar-header.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf } from '../oci/digest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { createGoEncoder } from '../squeeze/go/go-encoder.ts';

/** An image of the demo: everything that is pushed for it, the blobs before what names them. */
export interface DemoImage {
  readonly repository: string;
  readonly tag: string;
  /** Configs and layers. */
  readonly blobs: readonly DemoContent[];
  /** Manifests of the platforms, then the image index. */
  readonly manifests: readonly DemoContent[];
  /** The image index. */
  readonly root: Descriptor;
}

/** Bytes with their descriptor. */
interface DemoContent {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

const architectures = ['amd64', 'arm64'] as const;

/** What the demo's profiles name (fixtures/demo), with the size of the program in each, in bytes. */
const recipes = [
  { repository: 'demo/ubuntu', tag: 'k3s-1.33.5-demo', programSize: 6_000_000 },
  { repository: 'demo/pause', tag: '3.10', programSize: 300_000 },
  { repository: 'demo/coredns', tag: '1.12.3', programSize: 2_000_000 },
  { repository: 'demo/calico/node', tag: 'v3.31.4', programSize: 4_000_000 },
  { repository: 'demo/calico/cni', tag: 'v3.31.4', programSize: 1_500_000 },
  { repository: 'demo/shop/web', tag: '0.4.0', programSize: 1_000_000 },
  { repository: 'demo/shop/api', tag: '0.4.0', programSize: 2_500_000 },
] as const;

/**
 * Makes the demo's images: for two architectures each, over a base layer that all of an architecture share, so that there
 * is something to deduplicate. The same on every run, with any Node.
 */
export function demoImages(): DemoImage[] {
  const bases = new Map(architectures.map((architecture) => [architecture, baseLayer(architecture)]));
  return recipes.map(({ repository, tag, programSize }) => {
    const platforms = architectures.map((architecture) => {
      const name = repository.slice(repository.lastIndexOf('/') + 1);
      const program = layerOf(`usr/bin/${name}`, sampleBytes(programSize, `${repository} ${architecture}`));
      return platformImage(architecture, [bases.get(architecture) ?? program, program]);
    });
    const index = contentOf(mediaTypes.ociIndex, {
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: platforms.map(({ entry }) => entry),
    });
    return {
      repository,
      tag,
      blobs: platforms.flatMap(({ blobs }) => blobs),
      manifests: [...platforms.map(({ manifest }) => manifest), index],
      root: index.descriptor,
    };
  });
}

interface Layer extends DemoContent {
  /** Digest of the uncompressed tar. */
  readonly diffId: string;
}

function platformImage(architecture: string, layers: readonly Layer[]) {
  const config = contentOf(mediaTypes.ociConfig, {
    architecture,
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(() => ({ created_by: 'palette-edge demo' })),
  });
  const manifest = contentOf(mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: shortDescriptor(config),
    layers: layers.map(shortDescriptor),
  });
  const entry = { ...shortDescriptor(manifest), platform: { architecture, os: 'linux' } };
  return { blobs: [...layers, config], manifest, entry };
}

function baseLayer(architecture: string): Layer {
  const text = `NAME="Demo Linux"\nID=demo\nARCHITECTURE=${architecture}\n`;
  return layerOf('etc/os-release', Buffer.concat([Buffer.from(text), sampleBytes(1_200_000, architecture)]));
}

function layerOf(path: string, content: Uint8Array): Layer {
  const tar = Buffer.concat([
    encodeTarHeader({ name: path, size: content.length }),
    content,
    Buffer.alloc(tarPadding(content.length) + 1024),
  ]);
  const bytes = goGzip(tar);
  return {
    bytes,
    diffId: digestOf(tar),
    descriptor: { mediaType: mediaTypes.ociLayerGzip, digest: digestOf(bytes), size: bytes.length },
  };
}

/**
 * gzip (RFC 1952) as `ko` and `crane` write it, so that `squeeze` knows the encoder. Node's own zlib is that of Chromium: other bytes on
 * other processors, which no recipe gives back in short.
 */
function goGzip(plain: Uint8Array): Buffer {
  const pieces = [Buffer.from('1f8b08000000000004ff', 'hex')];
  const encoder = createGoEncoder(1, (bytes) => pieces.push(Buffer.from(bytes)));
  encoder.write(plain);
  encoder.finish();
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(plain));
  trailer.writeUInt32LE(plain.length, 4);
  return Buffer.concat([...pieces, trailer]);
}

function contentOf(mediaType: string, document: Json): DemoContent {
  const bytes = Buffer.from(canonicalJson(document));
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } };
}

function shortDescriptor({ descriptor }: DemoContent) {
  const { mediaType, digest, size } = descriptor;
  return { mediaType, digest, size };
}

/** Bytes that compress about as programs do: to a good third. The same for the same seed. */
function sampleBytes(length: number, seed: string): Buffer {
  const bytes = Buffer.alloc(length);
  let state = Number.parseInt(digestOf(seed).slice(-8), 16);
  for (let index = 0; index < length; index += 1) {
    // A linear congruential generator (Numerical Recipes); its high bits are random enough for a sample.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 29 === 0 ? state >>> 21 : 32 + (state >>> 29);
  }
  return bytes;
}
