import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import { resolveImages } from '../../src/workflows/resolve-images.ts';
import type { ImageSources } from '../../src/workflows/resolve-images.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const nothing: ImageSources = {
  profiles: [],
  images: [],
  imagesFiles: [],
  manifests: [],
  variables: new Map(),
  macros: new Map(),
};

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/profiles/${name}`, import.meta.url));

interface Mistake {
  readonly title: string;
  /** File of fixtures/profiles/mistakes. */
  readonly name: string;
  readonly code: string;
  readonly place: RegExp;
}

const mistakes: readonly Mistake[] = [
  {
    title: 'iamge in place of image',
    name: 'misspelt-image',
    code: 'MISSPELT_KEY',
    place: /pack web, values line 5: pack\.content\.images\[1\]\.image is misspelt as "iamge"/,
  },
  {
    title: 'repository in place of repo in a chart',
    name: 'chart-repository',
    code: 'MISSPELT_KEY',
    place: /pack web, values line 6: pack\.content\.charts\[0\]\.repo is misspelt as "repository"/,
  },
  {
    title: 'content at the root under an empty pack',
    name: 'content-at-root',
    code: 'CONTENT_AT_ROOT',
    place: /pack web, values line 2: content stands at the root, so its 2 images are left out/,
  },
  {
    title: 'a tag that is missing',
    name: 'tag-missing',
    code: 'NO_TAG',
    place: /pack web, pack\.content\.images\[0\] \(line 4\): /,
  },
  {
    title: 'latest',
    name: 'latest-tag',
    code: 'LATEST_TAG',
    place: /pack web, pack\.content\.images\[0\] \(line 4\): /,
  },
  {
    title: 'a digest alone',
    name: 'digest-only',
    code: 'NO_TAG_BUT_DIGEST',
    place: /pack web, pack\.content\.images\[0\] \(line 4\): /,
  },
  {
    title: 'no image list',
    name: 'no-image-list',
    code: 'NO_IMAGE_LIST',
    place: /pack web, values line 1: there is no image list/,
  },
  {
    title: 'empty values',
    name: 'empty-values',
    code: 'NO_VALUES',
    place: /pack web, values line 1: the values are empty/,
  },
  {
    title: 'an image of values that no list has',
    name: 'value-not-listed',
    code: 'DISCOVERED_IMAGE',
    place:
      /pack web, charts\.web\.proxy\.image \(line 14\): quay\.io\/example\/proxy:2\.0 .*add "- image: quay\.io\/example\/proxy:2\.0" to pack\.content\.images/,
  },
  {
    title: 'an image of a manifest that no list has',
    name: 'manifest-not-listed',
    code: 'UNLISTED_IMAGE',
    place:
      /pack web, manifests\.job\.contents spec\.containers\[0\]\.image \(line 14\): quay\.io\/example\/job:1\.0 .*"- image: quay\.io\/example\/job:1\.0"/,
  },
  {
    title: 'an argument of a manifest that may be an image',
    name: 'manifest-not-listed',
    code: 'MAYBE_IMAGE',
    place:
      /pack web, manifests\.job\.contents spec\.containers\[0\]\.args\[0\] \(line 15\): quay\.io\/example\/helper:1\.0 /,
  },
];

describe('a mistake is told with pack and line, and --strict exits with 1', () => {
  test.each(mistakes)('$title', async ({ name, code, place }) => {
    const cwd = await temporaryFolder();
    const profile = fixture(`mistakes/${name}.yaml`);
    const { warnings } = await resolveImages({ ...nothing, profiles: [profile] });
    expect(warnings.filter((warning) => warning.code === code)).toEqual([
      { code, message: expect.stringMatching(place) },
    ]);
    const strict = await runCli(['resolve', '--profile', profile, '--strict'], { cwd });
    expect(strict.code).toBe(1);
    expect(strict.stdout).toBe('');
    expect(strict.stderr).toMatch(/^Error: \d+ warnings?, and --strict makes them errors:$/m);
    expect(strict.stderr).toContain(`[${code}]`);
    expect(strict.stderr).toMatch(place);
  });

  test('a build is refused before anything is pulled, with all of them', async () => {
    const cwd = await temporaryFolder();
    const profiles = ['misspelt-image', 'latest-tag'].flatMap((name) => [
      '--profile',
      fixture(`mistakes/${name}.yaml`),
    ]);
    const { code, stderr } = await runCli(['build', ...profiles, '--strict'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain('[MISSPELT_KEY]');
    expect(stderr).toContain('[LATEST_TAG]');
    expect(stderr).toContain('Code: WARNINGS');
  });

  test('a profile without mistakes passes', async () => {
    const cwd = await temporaryFolder();
    const { code, stderr } = await runCli(['resolve', '--strict', '--profile', fixture('edge-infra.json')], {
      cwd,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

test('--include-discovered takes in what is certain, and --strict is content with it', async () => {
  const cwd = await temporaryFolder();
  const args = ['resolve', '--profile', fixture('mistakes/value-not-listed.yaml'), '--include-discovered'];
  const { images } = await runCliJson<{ images: { name: string; origins: object[] }[] }>(
    [...args, '--strict'],
    { cwd },
  );
  expect(images.map(({ name }) => name)).toEqual(['quay.io/example/proxy:2.0', 'quay.io/example/web:1.0']);
  expect(images[0]?.origins).toEqual([
    {
      kind: 'discovered',
      profile: 'value-not-listed',
      pack: 'web',
      key: 'charts.web.proxy.image',
      line: 14,
      how: 'read',
    },
  ]);
});

test('--explain prints a tree, and --json the same data', async () => {
  const cwd = await temporaryFolder();
  const args = ['resolve', '--profile', fixture('mistakes/value-not-listed.yaml'), '--explain'];
  const { stdout } = await runCli(args, { cwd });
  expect(stdout).toBe(`value-not-listed 1.0.0 (add-on): 1 image
└─ addon
   └─ web 1.0.0: 1 image
      ├─ pack.content.images[0] (line 4): quay.io/example/web:1.0
      └─ charts.web.proxy.image (line 14): quay.io/example/proxy:2.0 not listed (read)
1 image in 1 place, 1 not listed
`);
  const { explanation } = await runCliJson<{ explanation: { counts: object } }>(args, { cwd });
  expect(explanation.counts).toMatchObject({ images: 1, charts: 0, places: 1, notListed: 1, skipped: 0 });
});
