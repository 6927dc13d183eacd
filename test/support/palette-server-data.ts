import { gzipSync } from 'node:zlib';

import { parse } from 'yaml';

import { isRecord } from '../../src/io/is-record.ts';
import { fixture } from './sample-profiles.ts';

type Json = Readonly<Record<string, unknown>>;

/** What a Palette holds. */
export interface PaletteData {
  readonly apiKey: string;
  /** The one project that the key may see. */
  readonly projectUid: string;
  /** Bodies of `GET /v1/clusterprofiles/{uid}`, by uid. */
  readonly profiles: ReadonlyMap<string, Json>;
  /** Variables, by uid of the profile. */
  readonly variables: ReadonlyMap<string, readonly Json[]>;
  /** Texts of manifests, by uid. */
  readonly manifests: ReadonlyMap<string, string>;
  /** Version and `images.yaml`, by name of the service. */
  readonly services: ReadonlyMap<string, { readonly version: string; readonly images: string }>;
  /** The archive that every cluster definition has. */
  readonly definition: Buffer;
}

export const sampleKey = 'ZmFrZS1rZXktb2YtdGhlLXNhbXBsZS1wYWxldHRl';
export const sampleProject = '5f7a5fcb8cd71a1dbc1d8b0c';
/** The profile of fixtures/profiles/edge-infra-get.json. */
export const infraUid = '65c1f0a2d1e4b2a6f0c9d111';
/** The profile of fixtures/profiles/addon-monitoring.yaml. */
export const addonUid = '65c1f0a2d1e4b2a6f0c9d222';

const agentImages = `# What the agent needs
images:
  - us-docker.pkg.dev/palette-images/edge/stylus-framework-linux-amd64:v4.8.1
  - image: us-docker.pkg.dev/palette-images/edge/palette-agent:4.8.1
`;

const serviceImages = `images:
  - image: us-docker.pkg.dev/palette-images/spectro/jet:4.8.2
`;

/** A Palette with the profiles of fixtures/profiles, as the API has them: manifests behind references, defaults masked. */
export function samplePalette(changes: Partial<PaletteData> = {}): PaletteData {
  const {
    profile: addon,
    manifests,
    variables,
  } = fromExport(addonUid, fixture('profiles/addon-monitoring.yaml').text);
  const infra = recordOf(JSON.parse(fixture('profiles/edge-infra-get.json').text));
  const { draft: _none, ...spec } = recordOf(infra['spec']);
  return {
    apiKey: sampleKey,
    projectUid: sampleProject,
    profiles: new Map([
      [infraUid, { ...infra, spec }],
      [addonUid, addon],
    ]),
    variables: new Map([[addonUid, variables]]),
    manifests,
    services: new Map([
      ['stylus', { version: '4.8.1', images: agentImages }],
      ['jet', { version: '4.8.2', images: serviceImages }],
    ]),
    definition: gzipSync('the archive is never looked into'),
    ...changes,
  };
}

/** An export as the API has it. */
function fromExport(
  uid: string,
  text: string,
): { profile: Json; manifests: Map<string, string>; variables: Json[] } {
  const { metadata, spec } = recordOf(parse(text));
  const { version, template, variables } = recordOf(spec);
  const manifests = new Map<string, string>();
  const packs = listOf(recordOf(template)['packs']).map((pack) => {
    const { registry: _registry, manifests: inline, ...rest } = recordOf(pack);
    const references = listOf(inline).map((manifest) => {
      const { name, content } = recordOf(manifest);
      const manifestUid = (0x65c1f0a2 + manifests.size).toString(16).padStart(24, '0');
      manifests.set(manifestUid, String(content));
      return { kind: 'manifest', name, uid: manifestUid };
    });
    return { ...rest, registryUid: '5eecc89d0b150045ae661cef', manifests: references };
  });
  const { name, labels } = recordOf(metadata);
  const { type, cloudType } = recordOf(template);
  const published = { name, type, cloudType, profileVersion: version, packs };
  return {
    profile: { metadata: { name, labels, uid }, spec: { version, published }, status: { isPublished: true } },
    manifests,
    variables: listOf(variables).map(masked),
  };
}

function masked(variable: unknown): Json {
  const fields = recordOf(variable);
  return fields['isSensitive'] === true ? { ...fields, defaultValue: '********' } : fields;
}

function recordOf(value: unknown): Json {
  return isRecord(value) ? value : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
