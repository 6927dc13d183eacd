import { gzipSync, zstdCompressSync } from 'node:zlib';

import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { layerTar } from './layer-tar.ts';
import type { LayerMembers } from './layer-tar.ts';
import { imageToBundle } from './sample-bundle.ts';
import { graphOf } from './sample-images.ts';
import type { MemoryBlobs } from './sample-images.ts';
import { richBundle } from './rich-bundle.ts';
import type { RichBundle } from './rich-bundle.ts';

const paragraph = (name: string, more = ''): string =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\nMaintainer: Some <some@example.com>\n${more}\n`;

/** A distribution of Debian with two packages, of which one needs the other. */
export const debianLayer: LayerMembers = {
  'etc/os-release': 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
  'var/lib/dpkg/status':
    paragraph('libz', 'Homepage: https://example.com/z\n') + paragraph('tool', 'Depends: libz\n'),
};

const modules: LayerMembers = {
  'app/node_modules/left/package.json': JSON.stringify({ name: 'left', version: '1.3.0', license: 'MIT' }),
  'usr/lib/python3/odd-2.0.dist-info/METADATA': 'Name: odd\nVersion: 2.0\nLicense: as you like\u202E\n\n',
};

const alpine: LayerMembers = {
  'etc/os-release': 'ID=alpine\nVERSION_ID=3.20.1\n',
  'lib/apk/db/installed': 'P:musl\nV:1.2.5-r0\nA:aarch64\nL:MIT\nU:https://musl.libc.org/\n\n',
};

/** How a layer is stored. */
type Compression = 'gzip' | 'zstd' | 'none';

/** An image of layers, the lowest first. */
export async function addReportImage(
  blobs: MemoryBlobs,
  layers: readonly (readonly [LayerMembers, Compression])[],
  { architecture = 'amd64', created }: { readonly architecture?: string; readonly created?: string } = {},
): Promise<Descriptor> {
  const tars = await Promise.all(layers.map(async ([members]) => await layerTar(members)));
  const stored = tars.map((tar, index) => {
    const compression = layers[index]?.[1];
    if (compression === 'gzip') return blobs.add(gzipSync(tar), mediaTypes.ociLayerGzip);
    const bytes = compression === 'zstd' ? zstdCompressSync(tar) : tar;
    return blobs.add(bytes, 'application/vnd.oci.image.layer.v1.tar');
  });
  const rootfs = { type: 'layers', diff_ids: tars.map(digestOf) };
  const config = blobs.addJson({ architecture, os: 'linux', created, rootfs }, mediaTypes.ociConfig);
  const document = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: stored };
  return blobs.addJson(document, mediaTypes.ociManifest);
}

/** The rich bundle with images that have packages; two of them on the same layer. */
export async function reportBundle(): Promise<RichBundle> {
  return await richBundle(async (content, blobs) => {
    const base = [debianLayer, 'gzip'] as const;
    const debian = await addReportImage(blobs, [base], { created: '2024-05-06T07:08:09.5+02:00' });
    const application = await addReportImage(blobs, [base, [modules, 'zstd']]);
    const small = await addReportImage(blobs, [[alpine, 'none']], { architecture: 'arm64' });
    const images = await Promise.all(
      [
        ['quay.io/org/app:1', application] as const,
        ['quay.io/org/debian:12', debian] as const,
        ['quay.io/org/small:3', small] as const,
      ].map(async ([name, root]) => imageToBundle(name, await graphOf(blobs, root))),
    );
    return { ...content, images: [...content.images, ...images] };
  });
}
