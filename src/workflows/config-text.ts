/** How a bundle travels to its site. */
export const mediaNames = ['file', 'fat32', 'iso', 'installer'] as const;

/** One of {@link mediaNames}. */
export type MediaName = (typeof mediaNames)[number];

/** What a config file is to say. */
export interface ConfigAnswers {
  /** Paths, from the folder of the config file. */
  readonly profiles: readonly string[];
  readonly imagesFiles: readonly string[];
  /** Uids of profiles in Palette. */
  readonly clusterProfileIds: readonly string[];
  /** The project of the profiles in Palette; undefined for those of the tenant. */
  readonly projectId: string | undefined;
  /** Architectures that are kept; none for all. */
  readonly architectures: readonly string[];
  /** `HOST[:PORT][/PREFIX]` of the registry at the site; undefined without one. */
  readonly registry: string | undefined;
  readonly media: MediaName;
}

type Key = readonly [name: string, values: readonly string[]];

/** A config file that sets what was answered and nothing else, with a comment for each thing that it sets. */
export function configText(answers: ConfigAnswers): string {
  const { profiles, imagesFiles, clusterProfileIds, projectId, registry } = answers;
  const sources: readonly Key[] = [
    ['profile', profiles],
    ['images-file', imagesFiles],
    ['cluster-profile-ids', clusterProfileIds],
    ['project-id', projectId === undefined ? [] : [projectId]],
  ];
  return [
    '# yaml-language-server: $schema=https://unpkg.com/palette-edge-content-builder/docs/schemas/palette-edge-config.schema.json',
    '# What palette-edge does in this folder. Keys are flags without their dashes: palette-edge build --help shows them.',
    '# What is typed wins over what stands here.',
    '',
    '# What goes into the bundle: for every command that takes it.',
    ...sources.flatMap(keyLines),
    ...buildLines(answers),
    ...(registry === undefined ? [] : ['', `# At the site: palette-edge push BUNDLE ${registry}`]),
    '',
  ].join('\n');
}

function buildLines({ architectures, media }: ConfigAnswers): string[] {
  const lines = [
    ...(architectures.length === 0 ? [] : ['# The platforms that are kept. Without it all are.']),
    ...keyLines(['arch', architectures]),
    ...mediaLines[media],
  ];
  return lines.length === 0 ? [] : ['', 'build:', ...lines.map((line) => `  ${line}`)];
}

const mediaLines: Readonly<Record<MediaName, readonly string[]>> = {
  file: [],
  fat32: ['# In parts: FAT32 takes no file of 4 GiB.', 'split: 4GiB-1'],
  iso: ['# An ISO image beside the bundle, for a second USB drive.', 'iso: true'],
  // It is cut when it is put in.
  installer: [],
};

function keyLines([name, values]: Key): string[] {
  const [first] = values;
  if (first === undefined) return [];
  if (values.length === 1) return [`${name}: ${scalar(first)}`];
  return [`${name}:`, ...values.map((value) => `  - ${scalar(value)}`)];
}

/** YAML 1.2 reads every text of JSON. What could be taken for another type, or has signs of YAML in it, is in quotes. */
function scalar(text: string): string {
  return /^[A-Za-z][\w./-]*\.[A-Za-z]+$|^(?:amd64|arm64)$/.test(text) ? text : JSON.stringify(text);
}
