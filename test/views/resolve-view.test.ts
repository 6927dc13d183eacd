import { expect, test } from 'vitest';

import { plainResolveView, resolveView } from '../../src/views/resolve-view.ts';
import type { ImageRequests } from '../../src/profile/request-images.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { sampleOrigins } from './sample-results.ts';

function requestsOf(
  images: Readonly<Record<string, ImageRequests['images'][number]['origins']>>,
): ImageRequests {
  return {
    images: Object.entries(images).map(([name, origins]) => ({
      reference: parseReference(name),
      name,
      origins,
    })),
    profiles: [],
    warnings: [],
  };
}

const some = requestsOf({
  'docker.io/library/nginx:1.27': sampleOrigins,
  'ghcr.io/org/app:1.0': [{ kind: 'flag' }],
});

test('each image stands once, with every place that asks for it', () => {
  expect(resolveView(some)).toBe(
    `IMAGE                         ASKED FOR BY
docker.io/library/nginx:1.27  --image
                              images.txt:3
                              shop.yaml:12 spec.containers[0].image
                              profile edge, pack calico, pack.content.images[2] (line 7)
ghcr.io/org/app:1.0           --image`,
  );
});

test('plain: references only, in the same order', () => {
  expect(plainResolveView(some)).toBe('docker.io/library/nginx:1.27\nghcr.io/org/app:1.0');
});

test('a reference of full length moves its column only', () => {
  const long = `ghcr.io/${'a'.repeat(200)}:${'t'.repeat(128)}`;
  const lines = resolveView(requestsOf({ 'a.io/b:1': [{ kind: 'flag' }], [long]: [{ kind: 'flag' }] })).split(
    '\n',
  );
  expect(lines).toEqual([
    `${'IMAGE'.padEnd(long.length)}  ASKED FOR BY`,
    `${'a.io/b:1'.padEnd(long.length)}  --image`,
    `${long}  --image`,
  ]);
});

test('no images leave the head, and plain nothing', () => {
  expect(resolveView(requestsOf({}))).toBe('IMAGE  ASKED FOR BY');
  expect(plainResolveView(requestsOf({}))).toBe('');
});

test('charts have a table of their own, without what may be a secret', () => {
  const charts = [
    {
      repository: 'https://charts.example.com/stable?token=s3cret',
      name: 'thing',
      version: '^1.2',
      origins: [
        { kind: 'flag', flag: 'chart' },
        { kind: 'profile', profile: 'p', pack: 'k', key: 'pack.content.charts[0]', line: 4 },
      ] as const,
    },
  ];
  expect(resolveView({ ...requestsOf({}), charts }).split('\n')).toEqual([
    'CHART       REPOSITORY                         ASKED FOR BY',
    'thing ^1.2  https://charts.example.com/stable  --chart',
    '                                               profile p, pack k, pack.content.charts[0] (line 4)',
  ]);
  const images = { 'a.io/x:1': [{ kind: 'flag' }] } as const;
  expect(resolveView({ ...requestsOf(images), charts })).toMatch(/^IMAGE .*\n.*--image\n\nCHART /);
});
