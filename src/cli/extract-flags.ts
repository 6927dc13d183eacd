import { Flags } from '@oclif/core';

import { PaletteEdgeError } from '../errors.ts';
import type { Platform } from '../oci/descriptor.ts';
import { parsePlatform } from '../oci/platform.ts';
import type { ExtractRequest } from '../workflows/extract-bundle.ts';
import { imageFormats } from '../workflows/extract-image.ts';
import type { ImageFormat } from '../workflows/extract-image.ts';
import type { StreamOutput } from '../workflows/extract-output.ts';
import { baseFlags, baseRegistryFlags } from './base-flags.ts';
import { requirePath } from './output-path.ts';
import { standardOutput } from './standard-output.ts';

const kinds = ['image', 'file', 'chart', 'all'] as const;
const ofImage = ['format', 'arch', 'platform'] as const;

/**
 * What is extracted, and where to. Which of them go together, {@link extractRequest} tells: variables and files that are there for builds
 * set some of these, too, and must not be in the way of what was typed.
 */
export const extractFlags = {
  ...baseFlags,
  ...baseRegistryFlags,
  image: Flags.string({
    helpValue: 'REF',
    summary: 'Extract this image: nginx:1.27, or a pattern that fits one: **/nginx:*',
  }),
  file: Flags.string({
    helpValue: 'NAME',
    summary: 'Extract this file of build --file, or a file of the bundle itself by its path.',
  }),
  chart: Flags.string({
    helpValue: 'NAME[:VERSION]',
    summary: 'Extract the .tgz of this Helm chart, as helm pull gets it.',
  }),
  all: Flags.string({
    helpValue: 'FOLDER',
    summary: 'Extract everything into this folder: an OCI layout of all images, files/ and charts/.',
  }),
  output: Flags.string({
    char: 'o',
    helpValue: 'PATH',
    summary: 'What to write, which must not be there yet; - is standard output.',
  }),
  format: Flags.option({ options: imageFormats })({
    helpGroup: 'IMAGE',
    summary: 'A folder with an OCI image layout, or one file for skopeo, podman, ctr or docker.',
    defaultHelp: async () => await Promise.resolve('oci'),
  }),
  arch: Flags.string({
    helpGroup: 'IMAGE',
    options: ['amd64', 'arm64'],
    summary: 'Extract only the image of linux/amd64 or linux/arm64.',
  }),
  platform: Flags.string({
    helpGroup: 'IMAGE',
    helpValue: 'OS/ARCH[/VARIANT]',
    summary: 'Extract only the image of this platform.',
  }),
};

/** What was given for {@link extractFlags}. */
export interface ExtractFlags {
  readonly image: string | undefined;
  readonly file: string | undefined;
  readonly chart: string | undefined;
  readonly all: string | undefined;
  readonly output: string | undefined;
  readonly format: ImageFormat | undefined;
  readonly arch: string | undefined;
  readonly platform: string | undefined;
  readonly json?: boolean | undefined;
}

/**
 * What is asked for. What was typed wins over what was set elsewhere.
 *
 * @param isTyped whether a flag was typed
 * @throws PaletteEdgeError of kind usage: `USAGE`, `PATH_INVALID`, `OUTPUT_NEEDED`, `OUTPUT_IS_TERMINAL`, `PLATFORM_INVALID`
 */
export function extractRequest(
  flags: ExtractFlags,
  isTyped: (name: keyof ExtractFlags) => boolean,
): ExtractRequest {
  const kind = chosenKind(flags, isTyped);
  const name = flags[kind] ?? '';
  const stray = [...(kind === 'image' ? [] : ofImage), ...(kind === 'all' ? (['output'] as const) : [])];
  const wrong = stray.find((each) => flags[each] !== undefined && isTyped(each));
  if (wrong !== undefined) throw usage(`--${wrong} does not go together with --${kind}`);
  if (kind === 'all') return { kind, folder: allFolder(name) };
  const output = streamOutput(flags);
  if (kind === 'file') return { kind, name, output };
  if (kind === 'chart') return { kind, chart: name, output };
  const { format = 'oci' } = flags;
  return { kind, image: name, format, platform: chosenPlatform(flags, isTyped), output };
}

function chosenKind(
  flags: ExtractFlags,
  isTyped: (name: keyof ExtractFlags) => boolean,
): (typeof kinds)[number] {
  const given = kinds.filter((kind) => flags[kind] !== undefined);
  const typed = given.filter(isTyped);
  const [only, other] = typed.length > 0 ? typed : given;
  const names = kinds.map((kind) => `--${kind}`).join(', ');
  if (only === undefined) throw usage(`nothing says what to extract: one of ${names}`);
  if (other !== undefined) throw usage(`--${other} does not go together with --${only}: one of ${names}`);
  return only;
}

function usage(message: string): PaletteEdgeError {
  return new PaletteEdgeError('USAGE', message, {
    kind: 'usage',
    suggestions: ['See the help: palette-edge extract --help'],
  });
}

function allFolder(path: string): string {
  if (path !== '-') return requirePath(path, '--all FOLDER');
  throw outputNeeded(
    '--all - is no folder, and everything is not written to standard output',
    '--all FOLDER',
  );
}

function streamOutput({ output, json }: ExtractFlags): StreamOutput {
  if (output === undefined) throw outputNeeded('nothing says where to write', '--output PATH');
  if (output !== '-') return { path: requirePath(output, '--output PATH') };
  if (json === true) throw outputNeeded('--output - and --json both want standard output', '--output PATH');
  return { sink: standardOutput() };
}

function chosenPlatform(
  { arch, platform }: ExtractFlags,
  isTyped: (name: keyof ExtractFlags) => boolean,
): Platform | undefined {
  if (arch !== undefined && platform !== undefined && isTyped('arch') === isTyped('platform'))
    throw usage('--arch does not go together with --platform');
  if (platform !== undefined && (arch === undefined || isTyped('platform'))) return parsePlatform(platform);
  return arch === undefined ? undefined : parsePlatform(`linux/${arch}`);
}

function outputNeeded(message: string, expected: string): PaletteEdgeError {
  return new PaletteEdgeError('OUTPUT_NEEDED', message, {
    kind: 'usage',
    suggestions: [`Name one: ${expected}`],
  });
}
