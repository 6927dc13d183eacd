import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf } from '../oci/digest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import type { ChartMetadata } from './chart-metadata.ts';
import { goJson, sortedMap } from './go-json.ts';
import type { GoJson } from './go-json.ts';

/** Media types of a chart in a registry (helm.sh/docs/topics/registries, `pkg/registry/constants.go`). */
export const chartMediaTypes = {
  config: mediaTypes.helmConfig,
  content: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
  provenance: 'application/vnd.cncf.helm.chart.provenance.v1.prov',
} as const;

/** Bytes with what names them. */
export interface ArtifactBlob {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** A chart as it is in a registry. */
export interface ChartArtifact {
  readonly manifest: ArtifactBlob;
  /** The archive, the config, and the provenance file when there is one. */
  readonly blobs: readonly ArtifactBlob[];
}

/**
 * Makes the artifact that `helm push` makes (Helm 3.22, `Client.Push`): the archive as it is, the metadata as JSON, the
 * provenance file when there is one. Only `org.opencontainers.image.created` is left out: it is the time of the push, and the same
 * chart must give the same bytes.
 */
export function chartArtifact(
  archive: Uint8Array,
  metadata: ChartMetadata,
  provenance?: Uint8Array,
): ChartArtifact {
  const config = blobOf(chartMediaTypes.config, Buffer.from(goJson(metadata.fields)));
  const layers = [
    blobOf(chartMediaTypes.content, archive),
    ...(provenance === undefined ? [] : [blobOf(chartMediaTypes.provenance, provenance)]),
  ].toSorted((left, right) => (left.descriptor.digest < right.descriptor.digest ? -1 : 1));
  const manifest = goJson(
    new Map<string, GoJson>([
      ['schemaVersion', 2],
      ['config', descriptorJson(config)],
      ['layers', layers.map(descriptorJson)],
      ['annotations', annotationsOf(metadata)],
    ]),
  );
  return { manifest: blobOf(mediaTypes.ociManifest, Buffer.from(manifest)), blobs: [config, ...layers] };
}

function blobOf(mediaType: string, bytes: Uint8Array): ArtifactBlob {
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

function descriptorJson({ descriptor }: ArtifactBlob): GoJson {
  const { mediaType, digest, size } = descriptor;
  return new Map<string, GoJson>([
    ['mediaType', mediaType],
    ['digest', digest],
    ['size', size],
  ]);
}

const annotationPrefix = 'org.opencontainers.image.';

/** `generateOCIAnnotations`: what the chart says of itself, then its own annotations, which may not change title and version. */
function annotationsOf({ fields }: ChartMetadata): GoJson {
  const sources = fields.get('sources');
  const said: readonly (readonly [string, GoJson | undefined])[] = [
    ['description', fields.get('description')],
    ['title', fields.get('name')],
    ['version', fields.get('version')],
    ['url', fields.get('home')],
    ['source', Array.isArray(sources) ? sources[0] : undefined],
    ['authors', authorsOf(fields.get('maintainers'))],
  ];
  const annotations = new Map<string, GoJson>();
  for (const [name, value] of said) {
    if (typeof value === 'string' && value.trim() !== '')
      annotations.set(`${annotationPrefix}${name}`, value);
  }
  const own = fields.get('annotations');
  for (const [key, value] of own instanceof Map ? own : []) {
    if (key !== `${annotationPrefix}title` && key !== `${annotationPrefix}version`)
      annotations.set(key, value);
  }
  return sortedMap(annotations);
}

function authorsOf(maintainers: GoJson | undefined): string | undefined {
  if (!Array.isArray(maintainers)) return undefined;
  return maintainers
    .map((maintainer: GoJson) => {
      const [name, email] = ['name', 'email'].map((key) =>
        maintainer instanceof Map ? (maintainer.get(key) ?? '') : '',
      );
      return `${String(name)}${email === '' ? '' : ` (${String(email)})`}`;
    })
    .join(', ');
}
