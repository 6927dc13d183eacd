import { PaletteEdgeError } from '../errors.ts';
import { isPaletteUid } from '../palette-api/palette-uid.ts';
import type { Profile } from '../profile/read-profile.ts';
import { requestCharts } from '../profile/request-charts.ts';
import { collectRequests, finishRequests } from '../profile/request-images.ts';
import type { PaletteAccess } from './fetch-profiles.ts';
import { nothingGiven, readGiven } from './given-documents.ts';
import type { GivenDocuments } from './given-documents.ts';
import type { ImageSources } from './resolve-images.ts';
import type { FoundProfile, ProfileLookup } from './scope-profiles.ts';

/** Reads a profile that is only named to be left out. Its macros may point into the given ones. */
export function profileLookup(
  { variables, macros }: Pick<ImageSources, 'variables' | 'macros'>,
  given: GivenDocuments,
  access: PaletteAccess | undefined,
): ProfileLookup {
  return async (profile: string): Promise<FoundProfile> => {
    const read = isPaletteUid(profile)
      ? await readGiven(
          { ...nothingGiven, palette: { profileUids: [profile], services: 'none' as const } },
          access,
        )
      : await readGiven({ ...nothingGiven, profiles: [profile] }, access);
    const known = given.profiles.flatMap(readable);
    // What is left out of a given profile is what that one asks for.
    const own = read.profiles.map((each) => sameAmong(known, each()));
    const macroProfiles = known.filter((each) => !own.includes(each));
    const input = { ...read, images: [], variables, macros, macroProfiles };
    const collected = collectRequests({ ...input, profiles: own.map((each) => () => each) });
    const { images, profiles: summaries } = finishRequests(collected);
    return { images, profiles: summaries, charts: requestCharts({ ...collected, texts: [] }).charts };
  };
}

function sameAmong(known: readonly Profile[], profile: Profile): Profile {
  return known.find(({ name, version }) => name === profile.name && version === profile.version) ?? profile;
}

/** What is wrong with a given profile is told by whoever collects it. */
function readable(read: () => Profile): Profile[] {
  try {
    return [read()];
  } catch (error) {
    if (error instanceof PaletteEdgeError) return [];
    throw error;
  }
}
