import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { isExtraPath } from '../../src/bundle/inventory.ts';
import type { ProfileSummary } from '../../src/profile/request-images.ts';
import { profileOutlines } from '../../src/workflows/profile-outlines.ts';
import { resolveImages } from '../../src/workflows/resolve-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const pack = { name: 'calico', type: 'spectro', layer: 'cni', version: '3.31.4' };

function profile(fields: Partial<ProfileSummary>): ProfileSummary {
  return { name: 'edge', version: '1.0.0', type: 'infra', packs: [pack], ...fields };
}

function outlines(profiles: readonly ProfileSummary[]): [path: string, text: string][] {
  return profileOutlines(profiles).map(({ path, bytes }) => [path, Buffer.from(bytes).toString('utf8')]);
}

const folder = 'palette-edge/profiles';

test('a profile is outlined as canonical JSON under its name and version', () => {
  expect(outlines([profile({})])).toEqual([
    [
      `${folder}/edge-1.0.0.json`,
      '{"name":"edge","packs":[{"layer":"cni","name":"calico","type":"spectro","version":"3.31.4"}],"type":"infra","version":"1.0.0"}',
    ],
  ]);
  expect(outlines([])).toEqual([]);
});

test('the order of the flags makes no difference', () => {
  const profiles = [
    profile({}),
    profile({ name: 'shop', type: 'add-on' }),
    profile({ packs: [] }),
    profile({ name: 'edge 1.0.0', version: '' }),
  ];
  const usual = outlines(profiles);
  expect(usual).toHaveLength(4);
  expect(outlines(profiles.toReversed())).toEqual(usual);
  expect(outlines([...profiles.slice(2), ...profiles.slice(0, 2)])).toEqual(usual);
});

test('names that collide have a number behind them, a profile that is given twice is outlined once', () => {
  const paths = outlines([
    profile({}),
    profile({ packs: [] }),
    profile({}),
    profile({ name: 'edge/1.0.0', version: '' }),
    profile({ name: 'edge-1.0.0', version: '2' }),
  ]).map(([path]) => path);
  expect(paths.toSorted()).toEqual([
    `${folder}/edge-1.0.0-2-2.json`,
    `${folder}/edge-1.0.0-2.json`,
    `${folder}/edge-1.0.0-3.json`,
    `${folder}/edge-1.0.0.json`,
  ]);
});

test.each(['../../etc', '', '/', '.', '東京', 'x'.repeat(1000), `${'x'.repeat(59)}/y`, 'a\nb', 'CON'])(
  'the profile %j has a path that a bundle takes',
  (name) => {
    for (const [path] of outlines([
      profile({ name, version: '' }),
      profile({ name, version: '', packs: [] }),
    ])) {
      expect(path).toSatisfy(isExtraPath);
    }
  },
);

test('a profile whose name has nothing that a path may have is called profile', () => {
  const paths = outlines([profile({ name: '東京', version: '' }), profile({ name: '大阪', version: '' })]);
  expect(paths.map(([path]) => path)).toEqual([`${folder}/profile.json`, `${folder}/profile-2.json`]);
});

test('values, manifests, variables and credentials of a profile stay out', async () => {
  const document = {
    metadata: { name: 'edge', annotations: { note: 's3cret-1' } },
    spec: {
      version: '1.0.0',
      template: {
        type: 'infra',
        packs: [
          {
            name: 'calico',
            type: 'spectro',
            layer: 'cni',
            version: '3.31.4',
            values: 'pack:\n  content:\n    images:\n      - image: a.io/b:1\npassword: s3cret-2\n',
            manifests: [{ name: 'crds', content: 'kind: Secret\nstringData: {password: s3cret-3}\n' }],
            registry: { metadata: { name: 's3cret-4' } },
          },
        ],
      },
      variables: [{ name: 'Password', defaultValue: 's3cret-5', isSensitive: true }],
    },
  };
  const path = join(await temporaryFolder(), 'profile.json');
  await writeFile(path, JSON.stringify(document));
  const { profiles } = await resolveImages({
    profiles: [path],
    images: [],
    imagesFiles: [],
    manifests: [],
    variables: new Map([['Password', 's3cret-6']]),
    macros: new Map(),
  });
  expect(outlines(profiles)).toEqual(outlines([profile({})]));
});
