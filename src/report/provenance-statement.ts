import { canonicalJson } from '../io/canonical-json.ts';
import type { Json } from '../io/canonical-json.ts';
import { terminalJson } from '../io/terminal-json.ts';
import { digestHex } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { artifactPurl } from './artifact-purl.ts';
import type { ReportTool } from './report-content.ts';

/** What is known of how a bundle was built. */
export interface ProvenanceInput {
  /** The bundle as a file, of parts joined: what verifiers hash. */
  readonly file: { readonly name: string; readonly digest: Digest };
  /** Of the bytes of the plain inventory. */
  readonly inventory: Digest;
  readonly name: string;
  /** What built it. */
  readonly tool: ReportTool;
  readonly profiles: readonly { readonly name: string; readonly version: string; readonly type: string }[];
  /** Images, charts and companions. */
  readonly images: readonly ProvenanceImage[];
  readonly charts: readonly ProvenanceChart[];
  readonly files: readonly { readonly name: string; readonly digest: Digest }[];
}

/** What was pulled. */
interface ProvenanceImage {
  /** As it was pulled, in full. */
  readonly source: string;
  /** As it is called in the bundle, when that is another name. */
  readonly reference: string;
  readonly digest: Digest;
  readonly mediaType: string;
  readonly platforms: readonly string[];
  /** Whether somebody asked for it: a companion comes with an image. */
  readonly isRequested: boolean;
}

/** A chart that was taken from a repository. */
interface ProvenanceChart {
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly digest: Digest;
}

/** Media type of a statement (in-toto Attestation Framework v1, "Envelope"). */
export const statementType = 'application/vnd.in-toto+json';
/** How bundles are built: docs/provenance.md. */
const buildType = 'https://unpkg.com/palette-edge-content-builder/docs/provenance.md#v1';

/**
 * The provenance of a bundle: an in-toto Statement v1 with a predicate of SLSA Provenance v1, as canonical JSON that a terminal may show. It holds
 * what the inventory tells, and nothing of a host, a user or a time: the same bundle gives the same bytes.
 */
export function provenanceStatement(input: ProvenanceInput): Buffer {
  const { file, inventory } = input;
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [
      { name: file.name, digest: digestSet(file.digest) },
      { name: 'palette-edge/inventory.json', digest: digestSet(inventory) },
    ],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType,
        externalParameters: externalParameters(input),
        resolvedDependencies: resolvedDependencies(input),
      },
      runDetails: { builder: builder(input.tool) },
    },
  };
  return Buffer.from(terminalJson(canonicalJson(statement)));
}

/** What somebody asked for. */
function externalParameters({ name, profiles, images, charts, files }: ProvenanceInput): Json {
  return {
    name,
    profiles: profiles.map((profile) => ({ ...profile })),
    images: images
      .filter(({ isRequested }) => isRequested)
      .map(({ reference, source, platforms }) => ({
        reference,
        source: source === reference ? undefined : source,
        platforms,
      })),
    charts: charts.map(({ name: chart, version, source }) => ({ name: chart, version, source })),
    files: files.map((file) => file.name),
  };
}

/** What came of it, by digest: a build takes these bytes and no others. */
function resolvedDependencies({ images, charts, files }: ProvenanceInput): Json {
  return [
    ...images.map(({ source, digest, mediaType }) => ({
      name: source,
      uri: artifactPurl(source, digest),
      digest: digestSet(digest),
      mediaType,
    })),
    ...charts.map(({ name, version, source, digest }) => ({
      name: `${name}-${version}`,
      downloadLocation: source,
      digest: digestSet(digest),
    })),
    ...files.map(({ name, digest }) => ({ name, digest: digestSet(digest) })),
  ];
}

/** A program, not a service: whoever signs says who ran it. */
function builder({ name, version }: ReportTool): Json {
  return {
    id: `pkg:generic/${encodeURIComponent(name)}@${encodeURIComponent(version)}`,
    version: { [name]: version },
  };
}

function digestSet(digest: Digest): Json {
  return { sha256: digestHex(digest) };
}
