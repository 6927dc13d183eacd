import { PaletteEdgeError } from '../errors.ts';
import { parsePaletteUid } from '../palette-api/palette-uid.ts';
import {
  defaultSources,
  findConfigSources,
  readListSource,
  readProfileSource,
} from '../workflows/config-sources.ts';
import type { ConfigAnswers } from '../workflows/config-text.ts';
import type { InitFlags } from './init-flags.ts';
import { askArchitectures, askMedia, askProject, askRegistry, askSources } from './init-questions.ts';
import type { Asked, AskedSources } from './init-questions.ts';
import { requirePath } from './output-path.ts';
import { paletteRequest } from './palette-flags.ts';
import { namePrefix } from './prefix-pair.ts';
import type { PrefixFlag } from './prefix-pair.ts';

/** Who answers what no flag does. */
export interface AnswerOptions {
  /** A person; undefined when nobody may be asked, or can be. */
  readonly asked: Asked | undefined;
  /** Whether what nobody answers has its default. */
  readonly takesDefaults: boolean;
  readonly signal: AbortSignal;
}

const registryAnswer: PrefixFlag = {
  name: 'registry',
  code: 'REGISTRY_INVALID',
  example: 'registry.site:5000/edge',
  shape: 'HOST[:PORT][/PREFIX]',
};

/**
 * The answers of flags, which are checked, then those of the person.
 *
 * @throws PaletteEdgeError `INIT_UNANSWERED` (kind usage) when something is answered by nobody, `REGISTRY_INVALID`,
 *   `PALETTE_UID_INVALID`, or what is wrong with a file that was named; the signal's reason
 */
export async function initAnswers(flags: InitFlags, options: AnswerOptions): Promise<ConfigAnswers> {
  if (flags.registry !== undefined) namePrefix(flags.registry, { ...registryAnswer, name: '--registry' });
  const project = flags['project-id'] && parsePaletteUid(flags['project-id'], '--project-id');
  const { files, uids } = (await namedSources(flags)) ?? (await otherSources(options));
  requireAnswers(flags, options);
  const { asked } = options;
  const isAskedForProject = uids.length > 0 && project === undefined;
  return {
    profiles: files.flatMap(({ kind, path }) => (kind === 'profile' ? [path] : [])),
    imagesFiles: files.flatMap(({ kind, path }) => (kind === 'images-file' ? [path] : [])),
    clusterProfileIds: uids,
    projectId: isAskedForProject ? asked && (await askProject(asked)) : project,
    ...(await answersAboutSite(flags, asked)),
  };
}

type SiteAnswers = Pick<ConfigAnswers, 'architectures' | 'registry' | 'media'>;

async function answersAboutSite(flags: InitFlags, asked: Asked | undefined): Promise<SiteAnswers> {
  const { registry, media } = flags;
  const architectures = [...new Set(flags.arch)];
  if (asked === undefined) return { architectures, registry, media: media ?? 'file' };
  return {
    architectures: architectures.length > 0 ? architectures : await askArchitectures(asked),
    registry: registry ?? (await askRegistry(checkRegistry, asked)),
    media: media ?? (await askMedia(asked)),
  };
}

function checkRegistry(text: string): void {
  namePrefix(text, registryAnswer);
}

/** @returns undefined when no flag names any */
async function namedSources(flags: InitFlags): Promise<AskedSources | undefined> {
  const request = { 'include-palette-content': false, 'include-core-images-only': false };
  const uids =
    paletteRequest({ ...request, 'cluster-profile-ids': flags['cluster-profile-ids'] })?.profileUids ?? [];
  const profiles = flags.profile.map(
    async (path) => await readProfileSource(requirePath(path, '--profile FILE')),
  );
  const lists = flags['images-file'].map(
    async (path) => await readListSource(requirePath(path, '--images-file FILE')),
  );
  const files = await Promise.all([...profiles, ...lists]);
  return files.length + uids.length === 0 ? undefined : { files, uids };
}

async function otherSources({ asked, takesDefaults, signal }: AnswerOptions): Promise<AskedSources> {
  const found = await findConfigSources('.', signal);
  const defaults = defaultSources(found);
  if (asked !== undefined) return await askSources(found, defaults, asked);
  if (takesDefaults && defaults.length > 0) return { files: defaults, uids: [] };
  throw unanswered(
    !takesDefaults || found.length > 0
      ? 'nobody says what goes into the bundle'
      : 'nobody says what goes into the bundle, and no profile is in this folder',
  );
}

/** Everything has a default, which somebody has to want. */
function requireAnswers(flags: InitFlags, { asked, takesDefaults }: AnswerOptions): void {
  if (asked !== undefined || takesDefaults) return;
  const open = [
    ...(flags.arch.length === 0 ? ['--arch'] : []),
    ...(flags.registry === undefined ? ['--registry'] : []),
    ...(flags.media === undefined ? ['--media'] : []),
  ];
  if (open.length === 0) return;
  throw unanswered(
    `nobody can be asked for ${open.join(', ')}: there is no terminal, or --json is given`,
    'Take the defaults for them: add --yes',
  );
}

function unanswered(
  message: string,
  suggestion = 'Name it: --profile FILE, --images-file FILE or --cluster-profile-ids UID',
): PaletteEdgeError {
  return new PaletteEdgeError('INIT_UNANSWERED', message, { kind: 'usage', suggestions: [suggestion] });
}
