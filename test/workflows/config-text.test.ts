import { expect, test } from 'vitest';

import { parseConfigFile } from '../../src/cli/config-file.ts';
import type { KnownFlag } from '../../src/cli/config-file.ts';
import Build from '../../src/commands/build.ts';
import InstallerEmbed from '../../src/commands/installer/embed.ts';
import Push from '../../src/commands/push.ts';
import Resolve from '../../src/commands/resolve.ts';
import { configText, mediaNames } from '../../src/workflows/config-text.ts';
import type { ConfigAnswers } from '../../src/workflows/config-text.ts';

const plain: ConfigAnswers = {
  profiles: ['infra.json'],
  imagesFiles: [],
  clusterProfileIds: [],
  projectId: undefined,
  architectures: [],
  registry: undefined,
  media: 'file',
};

const commands = new Map<string, Readonly<Record<string, KnownFlag>>>([
  ['build', Build.flags],
  ['installer embed', InstallerEmbed.flags],
  ['push', Push.flags],
  ['resolve', Resolve.flags],
]);

/** What a command has from the file, as one that merely lies in the working folder: nothing in it may be guarded. */
function settingsOf(answers: ConfigAnswers, command = 'build'): Record<string, readonly string[]> {
  const file = { path: 'palette-edge.yaml', command, commands, ownFile: 'own.yaml' };
  const { settings } = parseConfigFile(configText(answers), file);
  return Object.fromEntries(Array.from(settings, ([name, { texts }]) => [name, texts]));
}

test('only what was answered is set, each with a comment', () => {
  const text = configText({
    ...plain,
    architectures: ['arm64'],
    media: 'fat32',
    registry: 'r.site:5000/edge',
  });
  expect(text)
    .toBe(`# yaml-language-server: $schema=https://unpkg.com/palette-edge-content-builder/docs/schemas/palette-edge-config.schema.json
# What palette-edge does in this folder. Keys are flags without their dashes: palette-edge build --help shows them.
# What is typed wins over what stands here.

# What goes into the bundle: for every command that takes it.
profile: infra.json

build:
  # The platforms that are kept. Without it all are.
  arch: arm64
  # In parts: FAT32 takes no file of 4 GiB.
  split: 4GiB-1

# At the site: palette-edge push BUNDLE r.site:5000/edge
`);
  expect(settingsOf(plain)).toEqual({ profile: ['infra.json'] });
});

test.each(mediaNames)('build takes what is written for %s', (media) => {
  const settings = settingsOf({ ...plain, media, architectures: ['amd64', 'arm64'] });
  const more = { file: {}, fat32: { split: ['4GiB-1'] }, iso: { iso: ['true'] }, installer: {} }[media];
  expect(settings).toEqual({ profile: ['infra.json'], arch: ['amd64', 'arm64'], ...more });
});

test('what push and the installer do with flags of the same name is not set', () => {
  const answers: ConfigAnswers = { ...plain, architectures: ['arm64'], media: 'fat32' };
  expect(settingsOf(answers, 'push')).toEqual({});
  expect(settingsOf(answers, 'installer embed')).toEqual({});
  expect(settingsOf(answers, 'resolve')).toEqual({ profile: ['infra.json'] });
});

test('every text is read again as it was', () => {
  const profiles = [
    'a b.json',
    'no',
    '1.0',
    'q"uote\\.yaml',
    "it's: #1.yaml",
    '- x.yaml',
    '~/x.yaml',
    'ü\n.yaml',
  ];
  const clusterProfileIds = [
    '65c1f0a2d1e4b2a6f0c9d111',
    '123456789012345678901234',
    '65e100000000000000000000',
  ];
  const answers = {
    ...plain,
    profiles,
    imagesFiles: ['true'],
    clusterProfileIds,
    projectId: '000000000000000000000001',
  };
  expect(settingsOf(answers)).toEqual({
    profile: profiles,
    'images-file': ['true'],
    'cluster-profile-ids': clusterProfileIds,
    'project-id': ['000000000000000000000001'],
  });
});
