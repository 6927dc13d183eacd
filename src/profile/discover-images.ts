import { formatOrigin } from '../oci/origin.ts';
import type { HowDiscovered, Origin } from '../oci/origin.ts';
import {
  hasImplicitTag,
  formatReference,
  formatRepository,
  maskUserInfo,
  parseReference,
} from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';
import type { Warning } from '../warning.ts';
import { chartCandidates } from './discover-of-charts.ts';
import type { ChartCandidates, ChartContent } from './discover-of-charts.ts';
import { isReference } from './discover-reference.ts';
import type { Candidate } from './image-collector.ts';
import { ListedImages } from './listed-images.ts';
import type { ParsedProfile } from './profile-set.ts';
import type { CollectedRequests } from './request-images.ts';
import { shownText } from './shown-text.ts';
import type { SkippedImage, SkipReason } from './skipped-image.ts';
import { someOf } from './some-of.ts';

/** An image that something names, and no list. */
interface DiscoveredImage {
  readonly reference: Reference;
  /** The reference in full; without a tag when none is known. */
  readonly name: string;
  readonly origin: Origin;
  /** Whether it surely is an image, its tag included: only such are taken in. */
  readonly isCertain: boolean;
  /** Whether it is among the images of this run, because the user wants discovered images. */
  readonly isIncluded: boolean;
}

/** What was found besides the lists. */
export interface Discoveries {
  readonly discovered: readonly DiscoveredImage[];
  readonly skipped: readonly SkippedImage[];
  readonly warnings: readonly Warning[];
}

/** What discovery works with besides the requests. */
export interface DiscoveryInput {
  /** Charts that packs ask for, as far as they are at hand. */
  readonly charts: readonly ChartContent[];
  /** Whether images that are certain are taken in. */
  readonly isIncluded: boolean;
  /** Whether the user leaves an image out; of one that is not tagged only the repository is known. */
  readonly isExcluded: (reference: Reference, isTagged: boolean) => boolean;
}

/**
 * Finds images that values, charts and manifests name, and no list. Those that are certain are added to the collector when
 * they are wanted; the others are told, each with the line to add. What a list has from another registry is not told again.
 * Of silent profiles nothing is told.
 */
export function discoverImages(
  { profiles, resolver, collector }: CollectedRequests,
  { charts, isIncluded, isExcluded }: DiscoveryInput,
): Discoveries {
  const listed = new ListedImages(collector.references());
  const values = chartCandidates(profiles, charts);
  const found: Found[] = [];
  const passedOver: (SkippedImage & Pick<Candidate, 'profile'>)[] = [];
  for (const candidate of [...values.candidates, ...collector.candidates()]) {
    const result = judge(candidate, resolver, listed);
    if (result === undefined) continue;
    if (typeof result === 'string') passedOver.push(skippedOf(candidate, result));
    else if (isExcluded(result.reference, isTagged(result)))
      passedOver.push(skippedOf(candidate, 'is excluded'));
    else found.push(result);
  }
  const all = withoutTwins(found).map((image) => ({
    ...image,
    isIncluded: isIncluded && image.isCertain,
  }));
  for (const image of all.filter((each) => each.isIncluded && !isOfOtherVersion(each, profiles)))
    collector.add({ text: image.name, origin: image.origin });
  const discovered = all.filter(isTold).map(({ profile: _profile, ...image }) => image);
  const skipped = passedOver.filter(isTold).map(({ profile: _profile, ...image }) => image);
  return {
    discovered,
    skipped: [...collector.skipped(), ...skipped],
    warnings: [...discovered.flatMap(discoveryWarning), ...notes(skipped, values)],
  };
}

function isTagged({ name, reference }: Pick<DiscoveredImage, 'name' | 'reference'>): boolean {
  return name !== formatRepository(reference);
}

function isTold({ profile }: Pick<Candidate, 'profile'>): boolean {
  return profile?.isSilent !== true;
}

/** Whether only another version of its profile is bundled: an origin knows no versions, so it would count as of that one. */
function isOfOtherVersion(
  image: Pick<Candidate, 'profile'>,
  profiles: CollectedRequests['profiles'],
): boolean {
  const isOther = (profile: ParsedProfile): boolean =>
    profile.isSilent !== true && profile.name === image.profile?.name;
  return !isTold(image) && profiles.some(isOther);
}

type Found = Omit<DiscoveredImage, 'isIncluded'> & Pick<Candidate, 'profile'>;

/** @returns the image, why it is passed over, or undefined for what is no image or is listed */
function judge(
  { found, origin, profile }: Candidate,
  resolver: CollectedRequests['resolver'],
  listed: ListedImages,
): Found | SkipReason | undefined {
  const { text, problems, sensitive } = resolver.resolve(found.text, profile);
  // What a sensitive value makes is not shown, and so cannot be told.
  if (problems.length > 0 || sensitive.length > 0) return 'has a macro without value';
  const bare = text.trim();
  if (/\{\{|\$\{|\$\(/.test(bare)) return 'is a template';
  return isReference(bare) ? judgeReference(bare, { found, origin, profile }, listed) : undefined;
}

function judgeReference(
  bare: string,
  { found, origin, profile }: Candidate,
  listed: ListedImages,
): Found | SkipReason | undefined {
  if (/^(?:na|none|null)$/i.test(bare)) return undefined;
  const reference = parseReference(bare);
  const hasTag = !hasImplicitTag(bare);
  const place = listed.find(reference, hasTag);
  if (place === 'listed') return undefined;
  if (found.isDisabled) return 'is switched off';
  if (place === 'elsewhere') return 'is listed at another registry';
  const name = hasTag ? formatReference(reference) : formatRepository(reference);
  return { reference, name, origin, profile, isCertain: !found.isMaybe && hasTag };
}

/** One for each pack and image: the certain one, else the first. */
function withoutTwins(found: readonly Found[]): Found[] {
  const kept = new Map<string, Found>();
  for (const image of found) {
    const key = JSON.stringify([ownerOf(image.origin), image.name, isTold(image)]);
    const known = kept.get(key);
    if (known === undefined || (image.isCertain && !known.isCertain)) kept.set(key, image);
  }
  return [...kept.values()];
}

function ownerOf(origin: Origin): readonly string[] {
  if (origin.kind === 'manifest') return [origin.file];
  return origin.kind === 'discovered' ? [origin.profile ?? '', origin.pack ?? ''] : [];
}

function skippedOf(
  { found, origin, profile }: Candidate,
  reason: SkipReason,
): SkippedImage & Pick<Candidate, 'profile'> {
  return { origin, profile, text: shownText(maskUserInfo(found.text)), reason };
}

const wordings: Readonly<Record<HowDiscovered, string>> = {
  rendered: 'the rendered chart runs it',
  read: 'it is used',
  annotation: 'the chart names it',
};

function discoveryWarning(image: DiscoveredImage): Warning[] {
  const { name, origin, isCertain, isIncluded } = image;
  if (isIncluded) return [];
  const line = `- image: ${name}${isTagged(image) ? '' : ':TAG'}`;
  const advice =
    origin.kind === 'discovered' && origin.pack !== undefined
      ? `add "${line}" to pack.content.images`
      : `add --image ${line.slice('- image: '.length)}`;
  const place = formatOrigin(origin).replace(/, discovered \(\w+\)$/, '');
  if (isCertain) {
    const reason = origin.kind === 'discovered' ? wordings[origin.how] : wordings.read;
    return [
      {
        code: 'DISCOVERED_IMAGE',
        message: `${place}: ${name} is in no image list, but ${reason}; ${advice}`,
      },
    ];
  }
  const message = isTagged(image)
    ? `${place}: ${name} may be an image, and is in no list; if it is one, ${advice}`
    : `${place}: ${name} is in no image list, and its tag is not known; ${advice}`;
  return [{ code: 'MAYBE_IMAGE', message }];
}

/** What is said once, however often it is so. */
function notes(
  skipped: readonly SkippedImage[],
  { unrendered, unreadable, cut }: Omit<ChartCandidates, 'candidates'>,
): Warning[] {
  const elsewhere = skipped.filter(({ reason }) => reason === 'is listed at another registry');
  const names = [...new Set(elsewhere.map(({ text }) => text))];
  const found: Warning[] = [];
  if (names.length > 0) {
    const message = `${names.length} that values or manifests name ${names.length === 1 ? 'is' : 'are'} listed at another registry, with the same name and tag: ${someOf(names)}. Hosts need a registry mapping for them, or values that name the other registry`;
    found.push({ code: 'LISTED_ELSEWHERE', message });
  }
  if (unrendered.length > 0) {
    const message = `the charts of ${someOf(unrendered)} were not rendered; their values were only read, so images that templates put together are not seen`;
    found.push({ code: 'VALUES_ONLY_READ', message });
  }
  if (unreadable.length > 0) {
    const message = `what ${someOf(unreadable)} was rendered to is no YAML that can be read; values and templates were only read, so images that templates put together are not seen`;
    found.push({ code: 'VALUES_ONLY_READ', message });
  }
  if (cut.length > 0) {
    const message = `${someOf(cut)}: of its YAML the first 16 Mi characters were read; images that only the rest names are not seen`;
    found.push({ code: 'CHART_NOT_READ', message });
  }
  return found;
}
