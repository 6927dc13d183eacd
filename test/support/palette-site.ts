import { addonUid, infraUid, sampleKey, samplePalette, sampleProject } from './palette-server-data.ts';
import { startPaletteServer } from './palette-server.ts';
import type { PaletteServerOptions } from './palette-server.ts';
import { pushImage } from './push-image.ts';
import { runningRegistry } from './running-registry.ts';
import { addImage, MemoryBlobs } from './sample-images.ts';
import { valuesWith } from './sample-profiles.ts';
import { temporaryFolder } from './temporary-folder.ts';

const names = ['os/provider', 'app/web', 'edge/agent', 'edge/jet'];

/** Flags for the two profiles. */
export const both = ['--cluster-profile-ids', `${infraUid},${addonUid}`];

/** Flags for all content of the profiles. */
export const content = [...both, '--include-palette-content', '--var', 'Tag=1'];

const definition = ['--cluster-definition-name', 'store-17'];

/** Flags for the content and the cluster definition. */
export const everything = [...content, ...definition];

/** A registry with images, a Palette whose profiles and services name them, and a folder to build in. */
export async function paletteSite(options: PaletteServerOptions = {}) {
  const registry = await runningRegistry();
  const blobs = new MemoryBlobs();
  for (const repository of names) {
    const root = addImage(blobs, repository);
    await pushImage({ origin: registry.origin, repository }, blobs, { root, tag: '1' });
  }
  const data = samplePalette({
    profiles: new Map([
      [infraUid, profile(infraUid, 'infra', [{ name: 'os', layer: 'os', values: osValues(registry.host) }])],
      [
        addonUid,
        profile(addonUid, 'add-on', [
          {
            name: 'web',
            layer: 'addon',
            values: valuesWith(`"${registry.host}/app/web:{{.spectro.var.Tag}}"`),
          },
        ]),
      ],
    ]),
    variables: new Map([[addonUid, [{ name: 'Tag', isSensitive: true, defaultValue: '********' }]]]),
    services: new Map([
      ['stylus', { version: '4.8.1', images: `- ${registry.host}/edge/agent:1\n` }],
      ['jet', { version: '4.8.2', images: `images:\n  - image: ${registry.host}/edge/jet:1\n` }],
    ]),
  });
  const server = await startPaletteServer({ data, ...options });
  const folder = await temporaryFolder();
  const reach = ['--palette-endpoint', `${server.host}/api/`, '--project-id', sampleProject];
  const plain = ['--plain-http', registry.host, '--plain-http', server.host];
  const env = { PALETTE_API_KEY: sampleKey };
  const resolve = ['resolve', ...reach, '--plain-http', server.host];
  return {
    registry,
    server,
    data,
    folder,
    reach,
    cli: { cwd: folder, env },
    build: ['build', ...reach, ...plain],
    resolve,
    references: names.map((name) => `${registry.host}/${name}:1`).toSorted(),
  };
}

function profile(uid: string, type: string, packs: readonly unknown[]) {
  return {
    metadata: { name: `sample-${type}`, uid },
    spec: { version: '1.0.0', published: { type, packs } },
  };
}

function osValues(host: string): string {
  return `options:\n  system.uri: "${host}/os/provider:1"\n`;
}
