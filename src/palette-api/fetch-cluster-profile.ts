import { runLimited } from '../io/run-limited.ts';
import type { Warning } from '../warning.ts';
import { arrayField, objectField, stringField } from './answer-fields.ts';
import { callsAtOnce } from './palette-client.ts';
import type { PaletteClient } from './palette-client.ts';
import { isPaletteUid } from './palette-uid.ts';
import { unlessMissing } from './unless-missing.ts';

/** A cluster profile as Palette has it. */
export interface FetchedProfile {
  readonly uid: string;
  /** JSON of the shape that `GET /v1/clusterprofiles/{uid}` has, with the texts of manifests and the variables put in. */
  readonly text: string;
  readonly warnings: readonly Warning[];
}

type Fields = Readonly<Record<string, unknown>>;

interface ProfileAccess {
  readonly client: PaletteClient;
  readonly uid: string;
  readonly signal: AbortSignal;
}

/** More manifests in one profile are no profile. */
const maximumManifests = 1000;
/** Bytes of all manifests of a profile. */
const maximumManifestBytes = 64 * 1024 * 1024;

/**
 * Fetches a profile, the manifests that its packs refer to, and its variables: the published state, or the draft of a
 * profile that was never published.
 *
 * Palette masks the defaults of sensitive variables: they are left out, so that nothing takes the mask for a value.
 *
 * @throws PaletteEdgeError as {@link PaletteClient.object} does
 */
export async function fetchClusterProfile(
  client: PaletteClient,
  uid: string,
  signal: AbortSignal,
): Promise<FetchedProfile> {
  const access = { client, uid, signal };
  const [profile, variables] = await Promise.all([fetchProfile(access), fetchVariables(access)]);
  const spec = objectField(profile, 'spec');
  // The API leaves empty lists out: a published profile may have no packs.
  const state = Object.keys(objectField(spec, 'published')).length > 0 ? 'published' : 'draft';
  const template = objectField(spec, state);
  const packs = await withManifests(arrayField(template, 'packs'), access);
  const document = {
    metadata: objectField(profile, 'metadata'),
    spec: { version: spec['version'], [state]: { ...template, packs }, variables },
  };
  const isDraft = state === 'draft' && Array.isArray(template['packs']);
  return {
    uid,
    text: JSON.stringify(document, undefined, 1),
    warnings: isDraft ? [draftWarning(uid)] : [],
  };
}

function draftWarning(uid: string): Warning {
  return {
    code: 'PROFILE_NOT_PUBLISHED',
    message: `cluster profile ${uid} was never published; its draft is read, which may change`,
  };
}

async function fetchProfile({ client, uid, signal }: ProfileAccess): Promise<Fields> {
  const path = ['v1', 'clusterprofiles', uid];
  return await client.object({ method: 'GET', path, subject: `cluster profile ${uid}` }, signal);
}

/** Not found by a Palette that has no such call yet as well: it has no variables. Whether there is the profile, its own call tells. */
async function fetchVariables({ client, uid, signal }: ProfileAccess): Promise<Fields[]> {
  const path = ['v1', 'clusterprofiles', uid, 'variables'];
  const subject = `variables of cluster profile ${uid}`;
  const answer = await unlessMissing(client.object({ method: 'GET', path, subject }, signal));
  return arrayField(answer ?? {}, 'variables').map((variable) => {
    const fields = objectField({ variable }, 'variable');
    const { defaultValue: _mask, ...rest } = fields;
    return fields['isSensitive'] === true ? rest : fields;
  });
}

interface ManifestReference {
  /** Position of the pack and of the manifest in it. */
  readonly place: string;
  readonly pack: string;
  readonly name: string;
  readonly uid: string;
}

/** The packs with the texts of their manifests in place of references to them. */
async function withManifests(packs: readonly unknown[], access: ProfileAccess): Promise<unknown[]> {
  const references = packs.flatMap((pack, position) => manifestReferences(pack, position, access));
  const { client, uid } = access;
  if (references.length > maximumManifests) {
    const reason = `it refers to more than ${maximumManifests} manifests`;
    throw client.answerInvalid(`cluster profile ${uid}`, reason);
  }
  let bytes = 0;
  const contents = await runLimited(
    references,
    { concurrency: callsAtOnce, signal: access.signal },
    async (reference, signal) => {
      const content = await fetchManifest(reference, { ...access, signal });
      bytes += Buffer.byteLength(content);
      if (bytes <= maximumManifestBytes) return content;
      const reason = `its manifests have more than ${maximumManifestBytes} bytes`;
      throw client.answerInvalid(`cluster profile ${uid}`, reason);
    },
  );
  const byPlace = new Map(references.map(({ place }, index) => [place, contents[index]]));
  return packs.map((pack, position) => ({
    ...objectField({ pack }, 'pack'),
    manifests: arrayField(pack, 'manifests').map((manifest, index) => {
      const content = byPlace.get(`${position} ${index}`);
      return content === undefined ? manifest : { name: stringField(manifest, 'name'), content };
    }),
  }));
}

function manifestReferences(
  pack: unknown,
  position: number,
  { client, uid: profile }: ProfileAccess,
): ManifestReference[] {
  const packName = stringField(pack, 'name');
  return arrayField(pack, 'manifests').flatMap((manifest, index) => {
    const uid = stringField(manifest, 'uid');
    if (typeof objectField({ manifest }, 'manifest')['content'] === 'string') return [];
    const name = stringField(manifest, 'name');
    // Both become parts of a path.
    if (!isPaletteUid(uid) || /^\.{0,2}$/.test(packName)) {
      const reason = `manifest ${index} of pack ${position} has no uid of 24 hex digits, or its pack no name`;
      throw client.answerInvalid(`cluster profile ${profile}`, reason);
    }
    return [{ place: `${position} ${index}`, pack: packName, name, uid }];
  });
}

async function fetchManifest(
  { pack, uid: manifestUid }: ManifestReference,
  { client, uid, signal }: ProfileAccess,
): Promise<string> {
  const path = ['v1', 'clusterprofiles', uid, 'packs', pack, 'manifests', manifestUid];
  const subject = `manifest ${manifestUid} of cluster profile ${uid}`;
  const answer = await client.object({ method: 'GET', path, subject }, signal);
  const spec = objectField(answer, 'spec');
  for (const state of ['published', 'draft']) {
    const content = objectField(spec, state)['content'];
    if (typeof content === 'string') return content;
  }
  throw client.answerInvalid(subject, 'it has no content');
}
