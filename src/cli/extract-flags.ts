import { Flags } from '@oclif/core';

import { PaletteEdgeError } from '../errors.ts';
import type { Platform } from '../oci/descriptor.ts';
import { parsePlatform } from '../oci/platform.ts';
import type { ExtractRequest } from '../workflows/extract-bundle.ts';
import { imageFormats } from '../workflows/extract-image.ts';
import type { ImageFormat } from '../workflows/extract-image.ts';
import type { StreamOutput } from '../workflows/extract-output.ts';
import { requirePath } from './output-path.ts';
import { standardOutput } from './standard-output.ts';

const what = ['image', 'file', 'chart', 'all'] as const;

/** What is extracted, and where to. */
export const extractFlags = {
  image: Flags.string({
    helpValue: 'REF',
    summary: 'Extract this image: nginx:1.27, or a pattern that fits one: **/nginx:*',
    exactlyOne: [...what],
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
    exclusive: ['output'],
  }),
  output: Flags.string({
    char: 'o',
    helpValue: 'PATH',
    summary: 'What to write, which must not be there yet; - is standard output.',
  }),
  format: Flags.option({ options: imageFormats })({
    helpGroup: 'IMAGE',
    dependsOn: ['image'],
    summary: 'A folder with an OCI image layout, or one file for skopeo, podman, ctr or docker.',
    defaultHelp: async () => await Promise.resolve('oci'),
  }),
  arch: Flags.string({
    helpGroup: 'IMAGE',
    options: ['amd64', 'arm64'],
    summary: 'Extract only the image of linux/amd64 or linux/arm64.',
    dependsOn: ['image'],
    exclusive: ['platform'],
  }),
  platform: Flags.string({
    helpGroup: 'IMAGE',
    helpValue: 'OS/ARCH[/VARIANT]',
    summary: 'Extract only the image of this platform.',
    dependsOn: ['image'],
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
 * What is asked for.
 *
 * @throws PaletteEdgeError of kind usage: `PATH_INVALID`, `OUTPUT_NEEDED`, `OUTPUT_IS_TERMINAL`, `PLATFORM_INVALID`
 */
export function extractRequest(flags: ExtractFlags): ExtractRequest {
  const { image, file, chart, all } = flags;
  if (all !== undefined) return { kind: 'all', folder: allFolder(all) };
  const output = streamOutput(flags);
  if (file !== undefined) return { kind: 'file', name: file, output };
  if (chart !== undefined) return { kind: 'chart', chart, output };
  const { format = 'oci' } = flags;
  return { kind: 'image', image: image ?? '', format, platform: chosenPlatform(flags), output };
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

function chosenPlatform({ arch, platform }: ExtractFlags): Platform | undefined {
  if (platform !== undefined) return parsePlatform(platform);
  return arch === undefined ? undefined : parsePlatform(`linux/${arch}`);
}

function outputNeeded(message: string, expected: string): PaletteEdgeError {
  return new PaletteEdgeError('OUTPUT_NEEDED', message, {
    kind: 'usage',
    suggestions: [`Name one: ${expected}`],
  });
}
