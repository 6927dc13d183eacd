import { arrayField, objectField, stringField } from './answer-fields.ts';
import type { PaletteClient } from './palette-client.ts';

/** One version of a cluster profile. */
export interface ListedProfile {
  readonly uid: string;
  readonly name: string;
  /** Empty when Palette does not say. */
  readonly version: string;
  /** `cluster` (full), `infra`, `add-on` or `system`; empty when Palette does not say. */
  readonly type: string;
  /** `edge-native`, `all`, …; empty when Palette does not say. */
  readonly cloudType: string;
  readonly isPublished: boolean;
}

/** The most that the API gives at a time. */
const pageSize = 50;
/** A list that is longer does not end. */
const maximumPages = 2000;

/**
 * All cluster profiles of the client's project, every version of each, in the order of names.
 *
 * Pages by `continue` and `offset` of `listmeta`, as the description of the API says.
 *
 * @throws PaletteEdgeError as {@link PaletteClient.object} does
 */
export async function listClusterProfiles(
  client: PaletteClient,
  signal: AbortSignal,
): Promise<ListedProfile[]> {
  const subject = 'list of cluster profiles';
  const profiles = new Map<string, ListedProfile>();
  let query: Readonly<Record<string, string>> | undefined = { limit: String(pageSize) };
  for (let pages = 0; query !== undefined; pages += 1) {
    if (pages === maximumPages) throw client.answerInvalid(subject, `it has more than ${maximumPages} pages`);
    const page = await client.object(
      {
        method: 'POST',
        path: ['v1', 'dashboard', 'clusterprofiles'],
        query,
        body: { filter: {}, sort: [{ field: 'profileName', order: 'asc' }] },
        subject,
      },
      signal,
    );
    const items = arrayField(page, 'items');
    for (const profile of items.flatMap(versionsOf)) profiles.set(profile.uid, profile);
    query = items.length === 0 ? undefined : nextQuery(page, query);
  }
  return [...profiles.values()].toSorted(compareProfiles);
}

/** What is asked for the page behind this one; undefined behind the last one, or when it would be the same again. */
function nextQuery(
  page: Readonly<Record<string, unknown>>,
  query: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> | undefined {
  const meta = objectField(page, 'listmeta');
  const token = stringField(meta, 'continue');
  const offset = typeof meta['offset'] === 'number' && meta['offset'] > 0 ? String(meta['offset']) : '';
  // Either may stay the same from page to page while the other one moves.
  const isSame = token === query['continue'] && offset === (query['offset'] ?? '');
  if (token === '' || isSame) return undefined;
  const next = { limit: String(pageSize), continue: token };
  return offset === '' ? next : { ...next, offset };
}

function versionsOf(item: unknown): ListedProfile[] {
  const metadata = objectField(item, 'metadata');
  const summary = objectField(item, 'specSummary');
  const isPublished = objectField(item, 'status')['isPublished'] === true;
  const published = objectField(summary, 'published');
  const template = stringField(published, 'type') === '' ? objectField(summary, 'draft') : published;
  const newest = { uid: stringField(metadata, 'uid'), version: stringField(summary, 'version') };
  const others = arrayField(summary, 'versions').map((version) => ({
    uid: stringField(version, 'uid'),
    version: stringField(version, 'version'),
  }));
  return [newest, ...others]
    .filter(({ uid }) => uid !== '')
    .map(({ uid, version }) => ({
      uid,
      name: stringField(metadata, 'name'),
      version,
      type: stringField(template, 'type'),
      cloudType: stringField(template, 'cloudType'),
      isPublished,
    }));
}

function compareProfiles(left: ListedProfile, right: ListedProfile): number {
  if (left.name !== right.name) return left.name < right.name ? -1 : 1;
  return left.version === right.version ? 0 : left.version < right.version ? -1 : 1;
}
