import { describe, expect, test } from 'vitest';

import { formatRepository, parseReference } from '../../src/oci/reference.ts';
import { mirrorHosts, routesOf } from '../../src/registry/route.ts';
import type { NamePrefix } from '../../src/oci/name-prefix.ts';
import type { MirrorEndpoint, Mirrors, RegistryMirrors } from '../../src/registry/route.ts';

describe('mirrors of prefixes', () => {
  test.each([
    ['nginx:1', 'docker.io', 'mirror.corp:5000/hub', 'mirror.corp:5000/hub/library/nginx'],
    ['docker.io/org/app', 'docker.io', 'mirror.corp:5000', 'mirror.corp:5000/org/app'],
    ['nginx', 'docker.io/library', 'mirror.corp/official', 'mirror.corp/official/nginx'],
    ['ghcr.io/org/app:1', 'ghcr.io/org', 'reg.local/ghcr-org', 'reg.local/ghcr-org/app'],
    ['ghcr.io/org/app', 'ghcr.io/org/app', 'reg.local/x', 'reg.local/x'],
    ['[::1]:5000/a/b', '[::1]:5000/a', '[fd00::2]:443/c', '[fd00::2]:443/c/b'],
    ['localhost:5000/a', 'localhost:5000', 'localhost:5001', 'localhost:5001/a'],
    ['ghcr.io/org/app', 'ghcr.io/org', 'docker.io', 'docker.io/library/app'],
  ])('%s, with %s at %s, is asked for as %s, then as itself', (...row) => {
    const [text, original, mirror, asked] = row;
    const reference = parseReference(text);
    const { registry } = reference;
    const routes = routesOf(reference, prefixes([original, mirror]));
    expect(routes.map(formatRepository)).toEqual([asked, formatRepository(reference)]);
    expect(routes.map((route) => route.mirror?.namespace)).toEqual([registry, undefined]);
  });

  test.each([
    ['ghcr.io/organic/app', 'ghcr.io/org'],
    ['ghcr.io/org', 'ghcr.io/org/app'],
    ['ghcr.io:443/org/app', 'ghcr.io/org'],
    ['localhost:5000/a', 'localhost'],
    ['docker.io/nginx/app', 'docker.io/library'],
  ])('%s is not below %s', (text, original) => {
    const reference = parseReference(text);
    expect(routesOf(reference, prefixes([original, 'mirror.corp/x']))).toEqual([reference]);
  });

  test('a name of which nothing is left at the mirror is not asked there', () => {
    const reference = parseReference('ghcr.io/org');
    expect(routesOf(reference, prefixes(['ghcr.io/org', 'mirror.corp']))).toEqual([reference]);
    expect(routesOf(reference, prefixes(['ghcr.io/org', 'docker.io']))).toEqual([reference]);
  });

  test('the longest prefix comes first, equals in the order given, one place once', () => {
    const mirrors = prefixes(
      ['ghcr.io', 'a.corp'],
      ['ghcr.io/org', 'b.corp/org'],
      ['ghcr.io/org/team', 'c.corp/team'],
      ['ghcr.io/org', 'd.corp/org'],
      ['ghcr.io/org', 'b.corp/org'],
      ['quay.io', 'e.corp'],
    );
    expect(placesOf('ghcr.io/org/team/app', mirrors)).toEqual([
      'c.corp/team/app',
      'b.corp/org/team/app',
      'd.corp/org/team/app',
      'a.corp/org/team/app',
      'ghcr.io/org/team/app',
    ]);
  });
});

describe('mirrors of registries', () => {
  test('come after those of prefixes, and the star holds for registries that are not listed', () => {
    const mirrors: Mirrors = {
      prefixes: prefixes(['docker.io', 'first.corp']).prefixes,
      registries: new Map<string, RegistryMirrors>([
        ['docker.io', mirrorsAt({ registry: 'a.corp', path: 'hub' }, { registry: 'b.corp', path: '' })],
        ['quay.io', mirrorsAt()],
        ['*', mirrorsAt({ registry: 'any.corp', path: '' })],
      ]),
    };
    expect(placesOf('nginx', mirrors)).toEqual([
      'first.corp/library/nginx',
      'a.corp/hub/library/nginx',
      'b.corp/library/nginx',
      'docker.io/library/nginx',
    ]);
    expect(placesOf('quay.io/a/b', mirrors)).toEqual(['quay.io/a/b']);
    expect(placesOf('ghcr.io/a/b', mirrors)).toEqual(['any.corp/a/b', 'ghcr.io/a/b']);
    expect(mirrorHosts('docker.io', mirrors)).toEqual(['first.corp', 'a.corp', 'b.corp']);
    expect(mirrorHosts('ghcr.io', mirrors)).toEqual(['any.corp']);
    expect(mirrorHosts('any.corp', mirrors)).toEqual([]);
  });

  test('the first rewrite that changes the name is the only one, and does not touch the registry itself', () => {
    const registries = new Map<string, RegistryMirrors>([
      [
        'docker.io',
        {
          endpoints: [{ registry: 'a.corp', path: 'x' }],
          rewrites: [
            { pattern: /^other\//g, replacement: '' },
            { pattern: /^rancher\/(.*)/g, replacement: 'mirrored/$01' },
            { pattern: /mirrored/g, replacement: 'twice' },
          ],
        },
      ],
    ]);
    const mirrors = { prefixes: [], registries };
    expect(placesOf('rancher/pause', mirrors)).toEqual([
      'a.corp/x/mirrored/pause',
      'docker.io/rancher/pause',
    ]);
    expect(placesOf('org/app', mirrors)).toEqual(['a.corp/x/org/app', 'docker.io/org/app']);
  });

  test.each(['../../secret', 'UPPER', 'a//b', '', 'a?b', 'a'.repeat(256)])(
    'a rewrite to %j, which is no name, is not asked',
    (replacement) => {
      const rewrites = [{ pattern: /^org\/app$/g, replacement }];
      const endpoints = [{ registry: 'a.corp', path: '' }];
      const mirrors = { prefixes: [], registries: new Map([['quay.io', { endpoints, rewrites }]]) };
      expect(placesOf('quay.io/org/app', mirrors)).toEqual(['quay.io/org/app']);
    },
  );

  test('the registry among its own mirrors is asked once, where it stands', () => {
    const registries = new Map([
      ['quay.io', mirrorsAt({ registry: 'quay.io', path: '' }, { registry: 'a.corp', path: '' })],
    ]);
    const reference = parseReference('quay.io/a/b');
    const routes = routesOf(reference, { prefixes: [], registries });
    expect(routes.map(formatRepository)).toEqual(['quay.io/a/b', 'a.corp/a/b']);
    expect(routes[0]).toBe(reference);
  });
});

function prefixes(...pairs: readonly (readonly [string, string])[]): Mirrors {
  return {
    prefixes: pairs.map(([original, mirror]) => ({ original: prefix(original), mirror: prefix(mirror) })),
    registries: new Map(),
  };
}

function prefix(text: string): NamePrefix {
  const [registry = '', ...path] = text.split('/');
  return { registry, path: path.join('/') };
}

function mirrorsAt(...endpoints: readonly MirrorEndpoint[]): RegistryMirrors {
  return { endpoints, rewrites: [] };
}

function placesOf(text: string, mirrors: Mirrors): string[] {
  return routesOf(parseReference(text), mirrors).map(formatRepository);
}
