import type { ConfigAnswers, MediaName } from '../workflows/config-text.ts';
import type { WrittenConfig } from '../workflows/write-config.ts';
import { textFields } from './text-fields.ts';

/** What a config file says, and the commands that come next. */
export function initView(config: WrittenConfig, command: string): string {
  const { path, architectures, registry, media } = config;
  return [
    `Wrote ${path}`,
    textFields([
      ...sourceFields(config),
      ['arch', architectures.length === 0 ? 'all' : architectures.join(', ')],
      ['media', mediaTexts[media]],
      ...(registry === undefined ? [] : [['registry', registry] as const]),
    ]),
    '',
    'Next, see what would be pulled, and how much:',
    ...(config.clusterProfileIds.length > 0 ? ['  export PALETTE_API_KEY=…'] : []),
    `  ${command} build --dry-run`,
    'Then:',
    ...laterCommands(config, command).map((line) => `  ${line}`),
  ].join('\n');
}

const mediaTexts: Readonly<Record<MediaName, string>> = {
  file: 'one file',
  fat32: 'parts below 4 GiB, for FAT32',
  iso: 'an ISO image, for a second USB drive',
  installer: 'an installer ISO',
};

function sourceFields({
  profiles,
  imagesFiles,
  clusterProfileIds,
  projectId,
}: ConfigAnswers): [string, string][] {
  return [
    ...profiles.map((path): [string, string] => ['profile', path]),
    ...imagesFiles.map((path): [string, string] => ['images', path]),
    ...clusterProfileIds.map((uid): [string, string] => ['profile', `${uid}, in Palette`]),
    ...(projectId === undefined ? [] : [['project', projectId] as [string, string]]),
  ];
}

function laterCommands({ media, registry }: ConfigAnswers, command: string): string[] {
  return [
    `${command} build`,
    ...(media === 'iso' ? [`sudo ${command} usb write ISO /dev/sdX`] : []),
    ...(media === 'installer'
      ? [`${command} installer embed INSTALLER.iso --content BUNDLE --out NEW.iso`]
      : []),
    ...(registry === undefined ? [] : [`${command} push BUNDLE ${registry}`]),
  ];
}
