import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import { formatOrigin } from '../../src/oci/origin.ts';
import type { ImageRequests } from '../../src/profile/request-images.ts';
import { fetchProfiles } from '../../src/workflows/fetch-profiles.ts';
import type { PaletteAccess, PaletteRequest } from '../../src/workflows/fetch-profiles.ts';
import { resolveImages } from '../../src/workflows/resolve-images.ts';
import type { ImageSources } from '../../src/workflows/resolve-images.ts';
import { startPaletteServer } from '../support/palette-server.ts';
import type { PaletteServerOptions } from '../support/palette-server.ts';
import { paletteClientOf } from '../support/palette-server-client.ts';
import { addonUid, infraUid, samplePalette } from '../support/palette-server-data.ts';
import { rejection } from '../support/rejection.ts';

const nothing: PaletteRequest = { profileUids: [], services: 'none' };
const sources: ImageSources = {
  profiles: [],
  images: [],
  imagesFiles: [],
  manifests: [],
  variables: new Map(),
  macros: new Map([['podCidr', '10.0.0.0/16']]),
};

const file = (name: string) => fileURLToPath(new URL(`../../fixtures/profiles/${name}`, import.meta.url));

async function paletteAccess(options: PaletteServerOptions = {}) {
  const server = await startPaletteServer(options);
  const access: PaletteAccess = {
    client: paletteClientOf(server.host).client,
    signal: new AbortController().signal,
  };
  return { server, access };
}

function listOf({ images }: ImageRequests): string[] {
  return images.map(({ name, origins }) => `${name} <- ${origins.map(formatOrigin).join('; ')}`);
}

describe('the sample edge profile', () => {
  const shapes = [
    ['as an export', 'edge-infra.json'],
    ['as the body of GET', 'edge-infra-get.json'],
    ['flattened by hand', 'edge-infra-flattened.yaml'],
  ] as const;

  async function fromApi(): Promise<ImageRequests> {
    const { access } = await paletteAccess();
    const palette = { profileUids: [infraUid, addonUid], services: 'none' as const };
    return await resolveImages({ ...sources, palette }, access);
  }

  test.each(shapes)('%s gives the same reference list as from the API server', async (_what, name) => {
    const profiles = [file(name), file('addon-monitoring.yaml')];
    const fromFiles = await resolveImages({ ...sources, profiles });
    const fetched = await fromApi();
    expect(listOf(fetched).map((line) => line.split(' ')[0])).toEqual(
      listOf(fromFiles).map((line) => line.split(' ')[0]),
    );
    expect(fetched.profiles.map(({ packs, ...rest }) => ({ ...rest, packs: packs.length }))).toEqual(
      fromFiles.profiles.map(({ packs, ...rest }) => ({ ...rest, packs: packs.length })),
    );
  });

  test('from the API server is as its export in all: images, origins with lines, packs, warnings', async () => {
    const profiles = [file('edge-infra.json'), file('addon-monitoring.yaml')];
    const fromFiles = await resolveImages({ ...sources, profiles });
    const fetched = await fromApi();
    expect(listOf(fetched)).toEqual(listOf(fromFiles));
    expect(fetched.profiles).toEqual(fromFiles.profiles);
    expect(fetched.warnings).toEqual(fromFiles.warnings);
    expect(listOf(fetched)).toContainEqual(
      expect.stringContaining(
        'ttl.sh/ubuntu:k3s-1.25.2-v4.2.3-demo <- profile edge-infra, pack edge-native-byoi',
      ),
    );
    expect(listOf(fetched)).toContainEqual(
      expect.stringContaining('quay.io/prometheus/node-exporter:v1.8.2 <- profile addon-monitoring'),
    );
  });
});

test('a masked variable that an image needs is asked for, and taken from --var', async () => {
  const pack = {
    name: 'a',
    layer: 'addon',
    values: 'pack:\n  content:\n    images:\n      - image: "{{.spectro.var.Host}}/b:1"\n',
  };
  const profile = {
    metadata: { name: 'p', uid: addonUid },
    spec: { version: '1.0.0', published: { type: 'add-on', packs: [pack] } },
  };
  const data = samplePalette({
    profiles: new Map([[addonUid, profile]]),
    variables: new Map([[addonUid, [{ name: 'Host', isSensitive: true, defaultValue: '********' }]]]),
  });
  const { access } = await paletteAccess({ data });
  const palette = { profileUids: [addonUid], services: 'none' as const };
  const error = await rejection(resolveImages({ ...sources, palette }, access));
  expect(error).toMatchObject({ code: 'MACRO_UNRESOLVED', kind: 'usage' });
  expect(error.message).toContain('the variable is sensitive, and its value is not in the profile');
  expect(error.suggestions).toEqual(['Pass --var Host=VALUE']);
  const variables = new Map([['Host', 'a.io']]);
  const { images, warnings } = await resolveImages({ ...sources, variables, palette }, access);
  expect(images.map(({ name }) => name)).toEqual(['a.io/b:1']);
  expect(warnings.map(({ code }) => code)).toContain('SENSITIVE_IN_REFERENCE');
});

test('a profile that is named twice is fetched once', async () => {
  const { server, access } = await paletteAccess();
  const { profiles } = await fetchProfiles({ ...nothing, profileUids: [infraUid, infraUid] }, access);
  expect(profiles.map((read) => read().file)).toEqual([`${infraUid}.json`]);
  expect(server.requests).toHaveLength(2);
});

test('a profile that is both a file and in Palette is read once', async () => {
  const { access } = await paletteAccess();
  const palette = { ...nothing, profileUids: [infraUid] };
  const result = await resolveImages(
    { ...sources, profiles: [file('edge-infra-get.json')], palette },
    access,
  );
  expect(result.profiles).toHaveLength(1);
  expect(result.warnings.map(({ code }) => code)).toContain('DUPLICATE_PROFILE');
});

describe('images of Palette itself', () => {
  test('of the agent', async () => {
    const { server, access } = await paletteAccess();
    const palette = { ...nothing, services: 'agent' as const };
    expect(listOf(await resolveImages({ ...sources, palette }, access))).toEqual([
      'us-docker.pkg.dev/palette-images/edge/palette-agent:4.8.1 <- Palette service stylus 4.8.1',
      'us-docker.pkg.dev/palette-images/edge/stylus-framework-linux-amd64:v4.8.1 <- Palette service stylus 4.8.1',
    ]);
    expect(server.requests).toHaveLength(2);
  });

  test('of the agent and every service that there is', async () => {
    const { access } = await paletteAccess();
    const palette = { ...nothing, services: 'all' as const };
    const { images, warnings } = await resolveImages({ ...sources, palette }, access);
    expect(images.map(({ name }) => name)).toContain('us-docker.pkg.dev/palette-images/spectro/jet:4.8.2');
    expect(images).toHaveLength(3);
    expect(warnings.map(({ code }) => code)).not.toContain('SERVICE_WITHOUT_IMAGES');
  });

  test('that are not there are told', async () => {
    const { access } = await paletteAccess({ data: samplePalette({ services: new Map() }) });
    const { services, warnings } = await fetchProfiles({ ...nothing, services: 'agent' }, access);
    expect(services).toEqual([]);
    expect(warnings.map(({ code }) => code)).toEqual(['SERVICE_WITHOUT_IMAGES']);
  });

  test('of a service that is there and has no list are told', async () => {
    const all = samplePalette();
    const services = new Map([...all.services, ['jet', { version: '4.8.2', images: ' ' }]]);
    const { access } = await paletteAccess({ data: { ...all, services } });
    const fetched = await fetchProfiles({ ...nothing, services: 'all' }, access);
    expect(fetched.services.map(({ service }) => service)).toEqual(['stylus']);
    expect(fetched.warnings).toEqual([
      {
        code: 'SERVICE_WITHOUT_IMAGES',
        message: expect.stringContaining('no list of the images of service jet 4.8.2;'),
      },
    ]);
  });
});

test('files are read before anything is asked', async () => {
  const { server, access } = await paletteAccess();
  const palette = { ...nothing, profileUids: [infraUid] };
  const missing = { ...sources, profiles: ['/nowhere/p.json'], palette };
  expect(await rejection(resolveImages(missing, access))).toMatchObject({ code: 'FILE_NOT_FOUND' });
  expect(server.requests).toEqual([]);
});
