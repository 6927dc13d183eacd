import type { Json } from '../io/canonical-json.ts';
import { digestHex } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { artifactPurl } from './artifact-purl.ts';
import { contentIds } from './content-ids.ts';
import { documentPieces } from './document-pieces.ts';
import type { DocumentField } from './document-pieces.ts';
import { contentUuid } from './element-id.ts';
import { joinedExpression, licenceMemory } from './licence-expression.ts';
import type { Package } from './package.ts';
import { distinctPlatforms, isBillOfMaterials } from './report-content.ts';
import type { ReportContent, ReportedArtifact, ReportedImage, ReportedPlatform } from './report-content.ts';
import { webAddress } from './web-address.ts';

/**
 * The bill of materials of a bundle as CycloneDX 1.6 in JSON: images, with their platforms inside, with the packages inside of these. An image of
 * several names has them in the first one. The same content gives the same bytes.
 */
export function cyclonedxDocument(content: ReportContent): Iterable<Buffer> {
  return documentPieces(cyclonedxFields(content));
}

function* cyclonedxFields(content: ReportContent): Generator<DocumentField, void, undefined> {
  const { name, id, inventory, chosen, created, tool } = content;
  const uuid = contentUuid(['cyclonedx', inventory, chosen, created, tool.name, tool.version]);
  yield ['$schema', 'http://cyclonedx.org/schema/bom-1.6.schema.json'];
  yield ['bomFormat', 'CycloneDX'];
  yield ['specVersion', '1.6'];
  yield ['serialNumber', `urn:uuid:${uuid}`];
  yield ['version', 1];
  yield [
    'metadata',
    {
      timestamp: created,
      tools: { components: [{ type: 'application', name: tool.name, version: tool.version }] },
      component: {
        type: 'application',
        'bom-ref': contentIds.bundle,
        name,
        version: id,
        properties: [property('inventory', inventory)],
      },
    },
  ];
  yield ['components', { each: componentsOf(content) }];
  yield ['dependencies', { each: dependenciesOf(content) }];
}

function* componentsOf(content: ReportContent): Generator<Json, void, undefined> {
  const told = new Set<Digest>();
  const isExpression = licenceMemory();
  for (const image of content.images) {
    const inside = image.platforms.filter(({ digest }) => !told.has(digest));
    for (const { digest } of inside) told.add(digest);
    yield {
      ...imageComponent(image, content),
      components: inside.map((platform) => platformComponent(platform, image, isExpression)),
    };
  }
  for (const artifact of content.artifacts) yield artifactComponent(artifact);
  for (const file of content.files)
    yield { type: 'file', 'bom-ref': contentIds.file(file), name: file.name, hashes: hashes(file.digest) };
}

function imageComponent(image: ReportedImage, { artifacts }: ReportContent): Readonly<Record<string, Json>> {
  const { reference, digest } = image;
  const bills = artifacts.filter(
    (artifact) => isBillOfMaterials(artifact) && artifact.about.includes(reference),
  );
  return {
    type: 'container',
    'bom-ref': contentIds.image(image),
    name: reference,
    version: digest,
    hashes: hashes(digest),
    purl: artifactPurl(reference, digest),
    externalReferences: bills.map((bill) => ({
      type: 'bom',
      url: artifactPurl(bill.reference, bill.digest),
      hashes: hashes(bill.digest),
    })),
  };
}

function platformComponent(
  platform: ReportedPlatform,
  { reference }: ReportedImage,
  isExpression: (text: string) => boolean,
): Json {
  const { digest, layers, content } = platform;
  const { distribution } = content;
  const system =
    distribution?.id === undefined
      ? []
      : [
          {
            type: 'operating-system',
            'bom-ref': contentIds.system(platform),
            name: distribution.id,
            version: distribution.versionId,
            description: distribution.prettyName,
          },
        ];
  const packages = content.packages.map((found) => packageComponent(platform, found, isExpression));
  return {
    type: 'container',
    'bom-ref': contentIds.platform(platform),
    name: `${reference} (${platform.platform ?? 'unknown'})`,
    version: digest,
    hashes: hashes(digest),
    purl: artifactPurl(reference, digest, platform.platform),
    properties: layers.map((layer) => property('layer', layer)),
    components: [...system, ...packages],
  };
}

function packageComponent(
  platform: ReportedPlatform,
  found: Package,
  isExpression: (text: string) => boolean,
): Json {
  const { name, version, purl, licences, supplier, homepage, goSum, layer, path } = found;
  const address = webAddress(homepage);
  return {
    type: 'library',
    'bom-ref': contentIds.found(platform, found.id),
    name,
    version: version === '' ? undefined : version,
    purl,
    supplier: supplier === undefined ? undefined : { name: supplier },
    licenses: licensesOf(licences, isExpression),
    externalReferences: address === undefined ? undefined : [{ type: 'website', url: address }],
    evidence: { occurrences: [{ location: `/${path}` }] },
    properties: [property('layer', layer), ...(goSum === undefined ? [] : [property('go-sum', goSum)])],
  };
}

/** One expression, or names: the schema takes no mixture ("licenses"). */
function licensesOf(licences: readonly string[], isExpression: (text: string) => boolean): Json {
  const said = licences.filter((text) => text.trim() !== '');
  if (said.length === 0) return undefined;
  if (said.every(isExpression)) return [{ expression: joinedExpression(said), acknowledgement: 'declared' }];
  return said.map((name) => ({ license: { name, acknowledgement: 'declared' } }));
}

function artifactComponent(artifact: ReportedArtifact): Json {
  const { reference, digest, artifactType, chart, about } = artifact;
  return {
    type: chart === undefined ? 'data' : 'application',
    'bom-ref': contentIds.artifact(artifact),
    name: chart?.name ?? reference,
    version: chart?.version ?? digest,
    hashes: hashes(digest),
    purl: artifactPurl(reference, digest),
    properties: [
      ...(artifactType === undefined ? [] : [property('type', artifactType)]),
      ...about.map((other) => property('about', other)),
    ],
  };
}

/** What is inside of what, too: readers follow this graph, and not all look into components. */
function* dependenciesOf(content: ReportContent): Generator<Json, void, undefined> {
  const { images, artifacts, files } = content;
  const inBundle = [
    ...images.map(contentIds.image),
    ...artifacts.map(contentIds.artifact),
    ...files.map(contentIds.file),
  ];
  yield { ref: contentIds.bundle, dependsOn: inBundle };
  for (const image of images)
    yield { ref: contentIds.image(image), dependsOn: image.platforms.map(contentIds.platform) };
  for (const platform of distinctPlatforms(content)) {
    const { packages, distribution } = platform.content;
    const system = distribution?.id === undefined ? [] : [contentIds.system(platform)];
    const inside = packages.map(({ id }) => contentIds.found(platform, id));
    yield { ref: contentIds.platform(platform), dependsOn: [...system, ...inside] };
    for (const { id, dependsOn } of packages) {
      if (dependsOn.length > 0) {
        const others = dependsOn.map((other) => contentIds.found(platform, other));
        yield { ref: contentIds.found(platform, id), dependsOn: others };
      }
    }
  }
}

function hashes(digest: Digest): Json {
  return [{ alg: 'SHA-256', content: digestHex(digest) }];
}

function property(name: string, value: string): Json {
  return { name: `palette-edge:${name}`, value };
}
