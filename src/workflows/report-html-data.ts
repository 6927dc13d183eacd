import type { BundleReader } from '../bundle/bundle-reader.ts';
import { inventoryId } from '../bundle/inventory.ts';
import { totalSize } from '../io/total-size.ts';
import { digestOf } from '../oci/digest.ts';
import type { PageArtifact, PageBundle, PageData, PageFile } from '../report/html-page-data.ts';
import type { Warning } from '../warning.ts';
import type { BundleSide } from './diff-side.ts';
import type { GatheredReport } from './gather-report.ts';
import type { InspectedSignature } from './inspect-bundle.ts';
import { pageGroups } from './report-html-groups.ts';
import { listPageImages } from './report-html-images.ts';
import { largestFiles, pagePackages } from './report-html-packages.ts';
import { bytesOfImage, pageArtifacts } from './report-html-source.ts';
import type { PageSource } from './report-html-source.ts';
import { imageChanges, pageUpdate } from './report-html-update.ts';
import { reportSqueezed } from './squeeze-report.ts';

/** A bundle that was read, and what it is compared with. */
export interface ReportedBundle {
  readonly reader: Pick<BundleReader, 'id' | 'size' | 'inventoryBytes'>;
  /** Files that it is split into. */
  readonly parts: number | undefined;
  readonly source: PageSource;
  readonly gathered: GatheredReport;
  /** Whether layers were read. */
  readonly hasFiles: boolean;
  readonly signatures: readonly InspectedSignature[];
  readonly warnings: readonly Warning[];
  readonly old: BundleSide | undefined;
}

/** What a page shows of a bundle: the same bundle gives the same. */
export function pageData(bundle: ReportedBundle): PageData {
  const { source, gathered, hasFiles, old } = bundle;
  const changes = old === undefined ? undefined : imageChanges(old, source);
  const listed = listPageImages(source, gathered.content, changes);
  const read = hasFiles
    ? {
        largest: largestFiles(gathered.largest, listed.placeOf),
        packages: pagePackages(gathered.content, listed.images),
      }
    : {};
  return {
    bundle: pageBundle(bundle),
    images: listed.images,
    layers: listed.layers,
    groups: pageGroups(source, listed),
    artifacts: listArtifacts(source),
    files: listFiles(source),
    ...read,
    signatures: bundle.signatures.map(({ algorithm, keyId, checkedWith }) => ({
      algorithm,
      keyId,
      // Where it lies on this machine is nobody's business.
      checkedWith: checkedWith?.replace(/^.*[/\\]/, ''),
    })),
    warnings: bundle.warnings.map(({ code, message }) => ({ code, message })),
    ...(old !== undefined && changes !== undefined && { update: pageUpdate(old, source, changes) }),
  };
}

function pageBundle({ reader, parts, source, gathered }: ReportedBundle): PageBundle {
  const { inventory, stored, held, blobs } = source;
  const { chosen, created, tool } = gathered.content;
  const plainId = inventoryId(reader.inventoryBytes);
  const whole = [...held.keys()].reduce((sum, root) => sum + bytesOfImage(source, root), 0);
  return {
    name: inventory.name,
    id: reader.id,
    plainId: plainId === reader.id ? undefined : plainId,
    inventory: digestOf(reader.inventoryBytes),
    mode: stored.squeezed?.mode ?? 'plain',
    size: reader.size,
    parts,
    contentSize: totalSize(blobs),
    unsharedSize: whole + totalSize(inventory.rawFiles ?? []),
    profiles: inventory.profiles.map(({ name, version }) => `${name} ${version}`.trim()),
    writtenBy: `${inventory.tool.name} ${inventory.tool.version}`,
    reportedBy: `${tool.name} ${tool.version}`,
    created,
    chosen,
    ...pageSqueezing(source),
  };
}

function pageSqueezing({ stored, inventory }: PageSource): Pick<PageBundle, 'squeeze' | 'delta'> {
  const report = reportSqueezed(stored.squeezed, inventory);
  if (report === undefined) return {};
  const { squeezed, kept, delta } = report;
  const squeeze = { ...squeezed, kept };
  if (delta === undefined) return { squeeze };
  const { bases, taken, changed } = delta;
  return {
    squeeze,
    delta: {
      bases: bases.map(({ name, id }) => ({ name, id })),
      takenBlobs: taken.blobs,
      takenBytes: taken.bytes,
      changedLayers: changed.layers,
      changedBytes: changed.bytes,
    },
  };
}

function listArtifacts(source: PageSource): PageArtifact[] {
  const { charts } = source.inventory;
  const chartOf = new Map(charts.map((chart) => [chart.reference, chart]));
  return pageArtifacts(source).map(({ reference, digest, artifactType, mediaType, origins }) => {
    const chart = chartOf.get(reference);
    const about = origins.flatMap((origin) => (origin.kind === 'referrer' ? [origin.of] : []));
    return {
      name: chart?.name ?? reference,
      digest,
      kind: chart === undefined ? 'companion' : 'chart',
      what: chart === undefined ? (artifactType ?? mediaType) : `${chart.version}, ${chart.source}`,
      size: bytesOfImage(source, digest),
      about: [...new Set(about)].toSorted(),
      isNew: isNew(source, digest),
    };
  });
}

function listFiles(source: PageSource): PageFile[] {
  return (source.inventory.rawFiles ?? []).map(({ name, digest, size }) => ({
    name,
    digest,
    size,
    isNew: isNew(source, digest),
  }));
}

function isNew({ isOld }: PageSource, digest: Parameters<NonNullable<typeof isOld>>[0]): boolean | undefined {
  return isOld === undefined ? undefined : !isOld(digest);
}
