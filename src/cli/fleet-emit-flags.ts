import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { Flags } from '@oclif/core';

import { PaletteEdgeError } from '../errors.ts';
import { emissionEngines } from '../fleet/emission.ts';
import type { EmissionChoices, EmissionEngine } from '../fleet/emission.ts';
import { maskUserInfo } from '../oci/reference.ts';
import { isSharedStoreUrl } from '../store-sharing/shared-store-url.ts';
import type { Warning } from '../warning.ts';
import type { EmitRequest } from '../workflows/fleet-emit.ts';
import { requirePath } from './output-path.ts';
import { defaultEndpoint } from './palette-flags.ts';
import type { PaletteAccessFlags } from './palette-flags.ts';
import { registryFlags } from './registry-flags.ts';
import type { RegistryFlags } from './registry-flags.ts';
import type { StoreFlags } from './store-folder.ts';

const helpGroup = 'EMIT';
const dependsOn = ['emit'];

/** What is written for engines that run jobs. */
export const fleetEmitFlags = {
  emit: Flags.option({ options: emissionEngines })({
    helpGroup,
    summary: 'Write what this engine builds the bundles by, each in a job of its own, in place of the plan.',
  }),
  output: Flags.string({
    char: 'o',
    helpGroup,
    helpValue: 'FILE',
    summary: 'Write it there, and not to stdout; in a folder as palette-edge-fleet.yaml.',
    dependsOn,
  }),
  'builder-image': Flags.string({
    helpGroup,
    helpValue: 'IMAGE',
    summary: 'Image of the jobs, with palette-edge in it: kubernetes and argo need one, gitlab may have one.',
    dependsOn,
  }),
  'npm-package': Flags.string({
    helpGroup,
    helpValue: 'PACKAGE',
    summary: 'What npm installs in jobs of github and gitlab: a package with its version, a URL, or a file.',
    dependsOn,
    defaultHelp: async () => await Promise.resolve('this version'),
  }),
  'parallel-jobs': Flags.integer({
    helpGroup,
    helpValue: 'N',
    summary: 'Jobs at a time, of github and argo.',
    min: 1,
    max: 256,
    dependsOn,
    defaultHelp: async () => await Promise.resolve('as many as the engine runs'),
  }),
  'storage-size': Flags.string({
    helpGroup,
    helpValue: 'SIZE',
    summary: 'Size of the volume for bundles and store, in kubernetes and argo: 500Gi.',
    dependsOn,
    defaultHelp: async () => await Promise.resolve('200Gi'),
  }),
  'storage-class': Flags.string({
    helpGroup,
    helpValue: 'CLASS',
    summary: 'Storage class of that volume.',
    dependsOn,
    defaultHelp: async () => await Promise.resolve('that of the cluster'),
  }),
  'many-nodes': Flags.boolean({
    helpGroup,
    summary: 'Nodes can mount that volume together (ReadWriteMany): jobs need not be on one node.',
    dependsOn,
  }),
};

/** What was given for {@link fleetEmitFlags}. */
interface FleetEmitFlags {
  readonly output: string | undefined;
  readonly 'builder-image': string | undefined;
  readonly 'npm-package': string | undefined;
  readonly 'parallel-jobs': number | undefined;
  readonly 'storage-size': string | undefined;
  readonly 'storage-class': string | undefined;
  readonly 'many-nodes': boolean;
}

/** What was given, with the flags that jobs are given again. */
export type EmittingFlags = FleetEmitFlags & RegistryFlags & StoreFlags & PaletteAccessFlags;

/** What is emitted, and what of the flags jobs cannot be given. */
export interface EmitRequestFound {
  readonly request: Omit<EmitRequest, 'fleetFile'>;
  readonly warnings: readonly Warning[];
}

/**
 * What is emitted, as the flags have it.
 *
 * @throws PaletteEdgeError of kind usage: `BUILDER_IMAGE_MISSING`, `FLEET_EMIT_VALUE`, `PATH_INVALID`
 */
export async function emitRequest(
  engine: EmissionEngine,
  flags: EmittingFlags,
  version: string,
): Promise<EmitRequestFound> {
  const sharedStores = flags.store.filter(isSharedStoreUrl);
  const given = passedOnValues(flags);
  for (const [flag, value] of [...sharedStores.map((store) => ['store', store] as const), ...given])
    if (maskUserInfo(value) !== value)
      throw wrongValue(`--${flag}`, 'it has a password, which does not belong into a file');
  return {
    request: {
      engine,
      version,
      sharedStores,
      args: given.map(([name, value]) => `--${name}=${value}`),
      choices: choicesOf(engine, flags, version),
      output: await outputOf(flags.output),
    },
    warnings: notPassedOn(flags),
  };
}

function choicesOf(engine: EmissionEngine, flags: FleetEmitFlags, version: string): EmissionChoices {
  checkChoices(engine, flags);
  return {
    builderImage: flags['builder-image'],
    npmPackage: flags['npm-package'] ?? `palette-edge-content-builder@${version}`,
    parallel: flags['parallel-jobs'],
    storageSize: flags['storage-size'] ?? '200Gi',
    storageClass: flags['storage-class'],
    isManyNodes: flags['many-nodes'],
  };
}

function checkChoices(engine: EmissionEngine, flags: FleetEmitFlags): void {
  checkImage(engine, flags['builder-image']);
  const { 'storage-size': size, 'storage-class': storageClass, 'npm-package': npmPackage } = flags;
  if (npmPackage !== undefined && !/^[^\s-]/.test(npmPackage))
    throw wrongValue(
      '--npm-package',
      'expected what npm installs: a package with its version, a URL, or a file',
    );
  if (size !== undefined && !/^[1-9][0-9]{0,9}(?:[MGTP]i?)$/.test(size))
    throw wrongValue('--storage-size', 'expected a size as Kubernetes has it, as 200Gi');
  if (storageClass !== undefined && !/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(storageClass))
    throw wrongValue('--storage-class', 'expected the name of a storage class');
}

function checkImage(engine: EmissionEngine, image: string | undefined): void {
  if (image !== undefined && engine === 'github')
    throw wrongValue('--builder-image', 'jobs of github install palette-edge with npm: --npm-package');
  if (image === undefined && engine !== 'github' && engine !== 'gitlab')
    throw new PaletteEdgeError('BUILDER_IMAGE_MISSING', `${engine} needs an image with palette-edge in it`, {
      kind: 'usage',
      suggestions: ['Name it: --builder-image IMAGE; docs/fleet.md shows how one is made.'],
    });
  if (image !== undefined && !/^[a-z0-9][A-Za-z0-9._:/@-]{0,500}$/.test(image))
    throw wrongValue('--builder-image', 'expected an image, as registry.example.com/palette-edge:1');
}

/** Flags as they were given, in an order of their own. */
function passedOnValues(flags: EmittingFlags): readonly (readonly [string, string])[] {
  const endpoint = flags['palette-endpoint'];
  const values: readonly (readonly [string, string | undefined])[] = [
    ['palette-endpoint', endpoint === defaultEndpoint ? undefined : endpoint],
    ['project-id', flags['project-id']],
    [
      'concurrency',
      flags.concurrency === registryFlags.concurrency.default ? undefined : String(flags.concurrency),
    ],
    ['max-rate', flags['max-rate']],
    ...flags['plain-http'].map((host) => ['plain-http', host] as const),
    ...flags.insecure.map((host) => ['insecure', host] as const),
    ...flags.mirror.map((pair) => ['mirror', pair] as const),
  ];
  return values.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

/** Files of this machine, and what is secret. */
function notPassedOn(flags: EmittingFlags): readonly Warning[] {
  const given = {
    'cred-file-path': flags['cred-file-path'] !== undefined,
    'ca-cert': flags['ca-cert'].length > 0,
    'cert-dir': flags['cert-dir'] !== undefined,
    'registries-file': typeof flags['registries-file'] === 'string',
    'api-key': flags['api-key'] !== undefined,
  };
  const names = Object.entries(given).flatMap(([name, isGiven]) => (isGiven ? [`--${name}`] : []));
  if (names.length === 0) return [];
  const message = `${names.join(', ')}: jobs are not given it; docs/fleet.md says where they have files and secrets from`;
  return [{ code: 'FLEET_FLAG_LEFT_OUT', message }];
}

async function outputOf(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  requirePath(path, '--output FILE');
  const isFolder = path.endsWith('/') || (await stat(path).catch(() => undefined))?.isDirectory() === true;
  return isFolder ? join(path, 'palette-edge-fleet.yaml') : path;
}

function wrongValue(flag: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('FLEET_EMIT_VALUE', `${flag}: ${reason}`, { kind: 'usage' });
}
