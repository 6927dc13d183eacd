import type { Json } from '../io/canonical-json.ts';
import { digestHex } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { artifactPurl } from './artifact-purl.ts';
import { documentPieces } from './document-pieces.ts';
import type { DocumentField } from './document-pieces.ts';
import { contentUuid } from './element-id.ts';
import type { Package } from './package.ts';
import { distinctPlatforms, isBillOfMaterials } from './report-content.ts';
import type {
  ReportContent,
  ReportedArtifact,
  ReportedFile,
  ReportedImage,
  ReportedPlatform,
} from './report-content.ts';
import { spdxIds } from './spdx-ids.ts';
import { spdxLicences } from './spdx-licences.ts';
import type { SpdxLicences } from './spdx-licences.ts';
import { spdxRelationships } from './spdx-relationships.ts';
import { webAddress } from './web-address.ts';

const unknown = 'NOASSERTION';

/**
 * The bill of materials of a bundle as SPDX 2.3 in JSON: the bundle, its images, their platforms and layers, and the packages in them, each a
 * package of SPDX. The same content gives the same bytes.
 */
export function spdxDocument(content: ReportContent): Iterable<Buffer> {
  return documentPieces(spdxFields(content));
}

function* spdxFields(content: ReportContent): Generator<DocumentField, void, undefined> {
  const { name, id, inventory, chosen, created, tool } = content;
  const uuid = contentUuid(['spdx', inventory, chosen, created, tool.name, tool.version]);
  yield ['spdxVersion', 'SPDX-2.3'];
  yield ['dataLicense', 'CC0-1.0'];
  yield ['SPDXID', 'SPDXRef-DOCUMENT'];
  yield ['name', `${name}-${id}`];
  yield ['documentNamespace', `urn:uuid:${uuid}`];
  yield ['creationInfo', { created, creators: [`Tool: ${tool.name}-${tool.version}`] }];
  const licences = spdxLicences();
  yield ['packages', { each: packagesOf(content, licences) }];
  // Those that the packages have used: the list above comes to its end first.
  yield ['hasExtractedLicensingInfos', { each: licences.extracted() }];
  yield ['relationships', { each: spdxRelationships(content) }];
}

function* packagesOf(content: ReportContent, licences: SpdxLicences): Generator<Json, void, undefined> {
  yield bundlePackage(content);
  for (const image of content.images) yield imagePackage(image, content);
  const platforms = distinctPlatforms(content);
  for (const platform of platforms) yield platformPackage(platform, content);
  for (const layer of new Set(platforms.flatMap(({ layers }) => layers))) yield layerPackage(layer);
  for (const artifact of content.artifacts) yield artifactPackage(artifact);
  for (const file of content.files) yield filePackage(file);
  for (const platform of platforms) {
    const system = systemPackage(platform);
    if (system !== undefined) yield system;
    for (const each of platform.content.packages) yield foundPackage(platform, each, licences);
  }
}

/** Fields that SPDX wants of every package: what nobody knows is said so. */
function packageFields(
  spdxId: string,
  name: string,
  more: Readonly<Record<string, Json>>,
): Readonly<Record<string, Json>> {
  return {
    SPDXID: spdxId,
    name,
    downloadLocation: unknown,
    filesAnalyzed: false,
    licenseConcluded: unknown,
    licenseDeclared: unknown,
    copyrightText: unknown,
    supplier: unknown,
    ...more,
  };
}

function bundlePackage({ name, id, inventory }: ReportContent): Json {
  return packageFields(spdxIds.bundle, name, {
    versionInfo: id,
    primaryPackagePurpose: 'ARCHIVE',
    comment: `A bundle of images. The sha256 of its inventory, which names everything in it by its digest, is ${digestHex(inventory)}.`,
  });
}

function imagePackage(image: ReportedImage, { artifacts }: ReportContent): Json {
  const { reference, digest } = image;
  const bills = artifacts.filter(
    (artifact) => isBillOfMaterials(artifact) && artifact.about.includes(reference),
  );
  return packageFields(spdxIds.image(image), reference, {
    versionInfo: digest,
    checksums: checksums(digest),
    primaryPackagePurpose: 'CONTAINER',
    externalRefs: [
      purlRef(artifactPurl(reference, digest)),
      ...bills.map((bill) => ({
        referenceCategory: 'OTHER',
        referenceType: 'bill-of-materials',
        referenceLocator: artifactPurl(bill.reference, bill.digest),
      })),
    ],
  });
}

function platformPackage(platform: ReportedPlatform, { images }: ReportContent): Json {
  const { digest } = platform;
  const reference = images.find((image) => image.platforms.includes(platform))?.reference ?? digest;
  return packageFields(spdxIds.platform(platform), `${reference} (${platform.platform ?? 'unknown'})`, {
    versionInfo: digest,
    checksums: checksums(digest),
    primaryPackagePurpose: 'CONTAINER',
    externalRefs: [purlRef(artifactPurl(reference, digest, platform.platform))],
  });
}

function layerPackage(layer: Digest): Json {
  return packageFields(spdxIds.layer(layer), layer, {
    checksums: checksums(layer),
    primaryPackagePurpose: 'ARCHIVE',
  });
}

function artifactPackage(artifact: ReportedArtifact): Json {
  const { reference, digest, artifactType, chart } = artifact;
  return packageFields(spdxIds.artifact(artifact), chart?.name ?? reference, {
    versionInfo: chart?.version ?? digest,
    checksums: checksums(digest),
    primaryPackagePurpose: chart === undefined ? 'OTHER' : 'APPLICATION',
    externalRefs: [purlRef(artifactPurl(reference, digest))],
    ...(artifactType !== undefined && { comment: `Type: ${artifactType}` }),
  });
}

function filePackage(file: ReportedFile): Json {
  return packageFields(spdxIds.file(file), file.name, {
    checksums: checksums(file.digest),
    primaryPackagePurpose: 'FILE',
  });
}

function systemPackage(platform: ReportedPlatform): Json | undefined {
  const { distribution } = platform.content;
  if (distribution?.id === undefined) return undefined;
  const { id, versionId, prettyName } = distribution;
  return packageFields(spdxIds.system(platform), id, {
    ...(versionId !== undefined && { versionInfo: versionId }),
    ...(prettyName !== undefined && { summary: prettyName }),
    primaryPackagePurpose: 'OPERATING_SYSTEM',
  });
}

function foundPackage(platform: ReportedPlatform, found: Package, licences: SpdxLicences): Json {
  const { name, version, supplier, homepage, goSum, layer, path, purl } = found;
  const address = webAddress(homepage);
  return packageFields(spdxIds.found(platform, found.id), name, {
    ...(version !== '' && { versionInfo: version }),
    ...(supplier !== undefined && { supplier: `Organization: ${supplier.replaceAll(/\s+/g, ' ')}` }),
    ...(address !== undefined && { homepage: address }),
    ...(goSum !== undefined && { comment: `Checksum of the module: ${goSum}` }),
    licenseDeclared: licences.declared(found.licences) ?? unknown,
    sourceInfo: `Found in /${path} of layer ${layer}`,
    externalRefs: [purlRef(purl)],
  });
}

function checksums(digest: Digest): Json {
  return [{ algorithm: 'SHA256', checksumValue: digestHex(digest) }];
}

function purlRef(purl: string): Json {
  return { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl };
}
