import { arrayField, objectField, stringField } from './answer-fields.ts';
import type { PaletteClient } from './palette-client.ts';
import { unlessMissing } from './unless-missing.ts';

/** The list of images of one of Palette's services. */
export interface ServiceImageList {
  readonly service: string;
  readonly version: string;
  /** YAML: `images.yaml` of the service; undefined when there is none, or nothing in it. */
  readonly text: string | undefined;
}

/** The agent of edge hosts. */
export const agentService = 'stylus';

/**
 * Every service whose version the API knows (`serviceName` of `/v1/services/{serviceName}/version`).
 */
export const paletteServices: readonly string[] = [
  agentService,
  'ally',
  'ally-lite',
  'ambit',
  'crony',
  'edge',
  'edgeconfig',
  'firth',
  'jet',
  'level',
  'lodge',
  'palette',
  'palette-lite',
  'provider-canonical',
  'provider-k3s',
  'provider-kubeadm',
  'provider-nodeadm',
  'provider-rke2',
  'tick',
];

const listName = 'images.yaml';

/**
 * Fetches the image list of the version of a service that this Palette runs.
 *
 * @returns undefined when this Palette does not have the service
 * @throws PaletteEdgeError as {@link PaletteClient.object} does; `PALETTE_ANSWER_INVALID` for a version that is none
 */
export async function fetchServiceImages(
  client: PaletteClient,
  service: string,
  signal: AbortSignal,
): Promise<ServiceImageList | undefined> {
  const subject = `service ${service} of Palette`;
  const path = ['v1', 'services', service, 'version'];
  const latest = await unlessMissing(client.object({ method: 'GET', path, subject }, signal));
  if (latest === undefined) return undefined;
  const version = versionIn(objectField(objectField(latest, 'spec'), 'latestVersion'));
  if (version === undefined) throw client.answerInvalid(subject, 'it names no version');
  const manifest = await unlessMissing(
    client.object(
      {
        method: 'GET',
        path: ['v1', 'services', service, 'versions', version, 'manifest'],
        query: { action: 'resources', resourceFilename: listName },
        subject: `${listName} of ${subject}`,
      },
      signal,
    ),
  );
  const text = listIn(arrayField(objectField(manifest, 'spec'), 'manifests'));
  return { service, version, text };
}

/**
 * The version is the content of a file in a repository. What the file looks like is not described: the version alone on a
 * line, or behind a key.
 */
function versionIn(file: Readonly<Record<string, unknown>>): string | undefined {
  const line = /^\s*(?:["']?[A-Za-z]*version["']?\s*:\s*)?["']?(v?\d+\.\d[\w.+-]{0,60})["']?\s*,?\s*$/im;
  for (const text of [stringField(file, 'content'), stringField(file, 'name')]) {
    const version = line.exec(text.slice(0, 10_000))?.[1];
    if (version !== undefined) return version;
  }
  return undefined;
}

function isList(file: unknown): boolean {
  return [stringField(file, 'name'), stringField(file, 'path')].some(
    (name) => name.split('/').at(-1) === listName,
  );
}

function listIn(files: readonly unknown[]): string | undefined {
  const file = files.find(isList) ?? (files.length === 1 ? files[0] : undefined);
  const text = stringField(file, 'content');
  return text.trim() === '' ? undefined : text;
}
