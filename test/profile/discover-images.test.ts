import { describe, expect, test } from 'vitest';

import { formatOrigin } from '../../src/oci/origin.ts';
import { chartOutline, renderedImages } from '../../src/profile/chart-outline.ts';
import { discoverImages } from '../../src/profile/discover-images.ts';
import type { Discoveries, DiscoveryInput } from '../../src/profile/discover-images.ts';
import { collectRequests, finishRequests } from '../../src/profile/request-images.ts';
import type { RequestInput } from '../../src/profile/request-images.ts';
import type { Warning } from '../../src/warning.ts';
import { profileFile, valuesWith } from '../support/sample-profiles.ts';
import type { SamplePack } from '../support/sample-profiles.ts';

const nothing: RequestInput = {
  profiles: [],
  images: [],
  lists: [],
  manifests: [],
  variables: new Map(),
  macros: new Map(),
};

interface Discovered extends Discoveries {
  /** Names of the images that are asked for afterwards. */
  readonly images: readonly string[];
  /** What was told before discovery. */
  readonly requestWarnings: readonly Warning[];
}

function discover(input: Partial<RequestInput>, options: Partial<DiscoveryInput> = {}): Discovered {
  const collected = collectRequests({ ...nothing, ...input });
  const found = discoverImages(collected, {
    charts: [],
    isIncluded: false,
    isExcluded: () => false,
    ...options,
  });
  const { images, warnings } = finishRequests(collected);
  return { ...found, images: images.map(({ name }) => name), requestWarnings: warnings };
}

function ofPacks(packs: readonly (SamplePack | string)[], options: Partial<DiscoveryInput> = {}): Discovered {
  return discover({ profiles: [profileFile(packs)] }, options);
}

function told({ discovered }: Discoveries): string[] {
  return discovered.map(
    ({ name, origin, isCertain }) => `${isCertain ? '' : 'maybe '}${name} <- ${formatOrigin(origin)}`,
  );
}

const codes = ({ warnings }: Discoveries) => warnings.map(({ code }) => code);

describe('values', () => {
  test('an image that no list has is told with pack, path, line and what to add', () => {
    const result = ofPacks([`${valuesWith('quay.io/a/b:1')}web:\n  image: quay.io/a/c:1\n`]);
    expect(told(result)).toEqual([
      'quay.io/a/c:1 <- profile sample, pack pack-0, web.image (line 6), discovered (read)',
    ]);
    expect(result.warnings).toEqual([
      {
        code: 'DISCOVERED_IMAGE',
        message:
          'profile sample, pack pack-0, web.image (line 6): quay.io/a/c:1 is in no image list, but it is used; add "- image: quay.io/a/c:1" to pack.content.images',
      },
    ]);
    expect(result.images).toEqual(['quay.io/a/b:1']);
  });

  test('without a tag the line has a place for it, and it is never taken in', () => {
    const result = ofPacks(['web:\n  image: {repository: quay.io/a/c, tag: ""}\n'], { isIncluded: true });
    expect(result.warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('add "- image: quay.io/a/c:TAG" to pack.content.images'),
    ]);
    expect(result.images).toEqual([]);
  });

  test('macros are resolved; without a value, or with a sensitive one, nothing is told but that', () => {
    const variables = [
      { name: 'Host', defaultValue: 'quay.io' },
      { name: 'Secret', defaultValue: 'hunter2', isSensitive: true },
    ];
    const values =
      'a: {image: "{{.spectro.var.Host}}/a/b:1"}\nb: {image: "{{.spectro.macro.none}}/a/b:1"}\nc: {image: "{{.spectro.var.Secret}}/a/b:1"}\nd: {image: "{{ .Values.x }}/d:1"}\n';
    const result = discover({ profiles: [profileFile([values], { variables })] });
    expect(told(result)).toEqual([expect.stringMatching(/^quay\.io\/a\/b:1 <- .* a\.image/)]);
    expect(result.skipped.map(({ text, reason }) => `${text}: ${reason}`)).toEqual([
      '{{.spectro.macro.none}}/a/b:1: has a macro without value',
      '{{.spectro.var.Secret}}/a/b:1: has a macro without value',
      '{{ .Values.x }}/d:1: is a template',
    ]);
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });

  test('NA, words and what is switched off are no discoveries', () => {
    const result = ofPacks([
      'a: {image: NA}\nb: {image: "not/An Image:1"}\nc: {enabled: false, image: x/y:1}\n',
    ]);
    expect(told(result)).toEqual([]);
    expect(result.skipped.map(({ reason }) => reason)).toEqual(['is switched off']);
    expect(result.warnings).toEqual([]);
  });

  test('what any list has is none, however it is written', () => {
    const pack = { values: `${valuesWith('docker.io/library/nginx:1.27')}web: {image: "nginx:1.27"}\n` };
    expect(told(ofPacks([pack, 'other: {image: {repository: nginx, tag: "1.27"}}']))).toEqual([]);
  });

  test('what a list has from another registry is said once', () => {
    const list = valuesWith('us-docker.pkg.dev/palette-images/packs/calico/3.31.4/cni:v3.31.4');
    const result = ofPacks([
      `${list}a: {image: quay.io/calico/cni:v3.31.4}\n`,
      'b: {image: quay.io/calico/cni:v3.31.4}',
    ]);
    expect(codes(result)).toEqual(['LISTED_ELSEWHERE']);
    expect(result.warnings[0]?.message).toContain('1 that values or manifests name is listed');
    expect(result.skipped).toHaveLength(2);
  });

  test('each pack is told of its own, one image once', () => {
    const values = 'a: {image: x.io/y:1}\nb: {image: x.io/y:1}\nargs: [--c=x.io/y:1]\n';
    expect(told(ofPacks([values, values]))).toEqual([
      'x.io/y:1 <- profile sample, pack pack-0, a.image (line 1), discovered (read)',
      'x.io/y:1 <- profile sample, pack pack-1, a.image (line 1), discovered (read)',
    ]);
  });

  test('what the user leaves out is not told', () => {
    const result = ofPacks(['a: {image: x.io/y:1}\nb: {image: z.io/y:1}'], {
      isExcluded: ({ registry }) => registry === 'x.io',
    });
    expect(told(result)).toEqual([expect.stringMatching(/^z\.io/)]);
    expect(result.skipped.map(({ reason }) => reason)).toEqual(['is excluded']);
  });
});

describe('taken in', () => {
  test('what is certain is, with its origin; no warning is left of it', () => {
    const result = ofPacks(['a: {image: x.io/y:1}\nargs: [--b=x.io/z:1]\n'], { isIncluded: true });
    expect(result.images).toEqual(['x.io/y:1']);
    expect(codes(result)).toEqual(['MAYBE_IMAGE']);
  });
});

describe('a silent profile', () => {
  const manifest =
    'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: x.io/pod:latest\n      args: [--a=x.io/arg:1]\n';
  const packs = [
    {
      name: 'web',
      type: 'helm',
      values: 'pak: {}\na: {image: x.io/y:1}\nb: {image: x.io/z}\nc: {enabled: false, image: x.io/off:1}\n',
      manifests: [{ name: 'm', content: manifest }, { name: 'none' }],
    },
    { name: 'empty', values: '' },
    {
      name: 'list',
      values: `${valuesWith('x.io/listed', `x.io/d@sha256:${'0'.repeat(64)}`)}options:\n  system.uri: NA\n`,
    },
  ];
  const own = profileFile(['x: {image: z.io/own:1}\n'], { name: 'own' });

  test.each([false, true])('nothing is told of it, and its images are there; taken in: %s', (isIncluded) => {
    const profiles = [profileFile(packs), own];
    const aloud = discover({ profiles }, { isIncluded });
    const silent = discover({ profiles, isSilent: ({ name }) => name === 'sample' }, { isIncluded });
    expect(JSON.stringify(aloud.warnings)).toContain('sample');
    expect(JSON.stringify(aloud.requestWarnings)).toContain('sample');
    expect(silent.images).toEqual(aloud.images);
    expect(told(silent)).toEqual([expect.stringMatching(/^z\.io\/own:1 /)]);
    expect(JSON.stringify([silent.skipped, silent.warnings, silent.requestWarnings])).not.toContain('sample');
    expect(silent.discovered.some((image) => 'profile' in image)).toBe(false);
  });
});

describe('manifests', () => {
  const content =
    'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: x.io/pod:1\n      args: [--a=x.io/arg:1, --b=x.io/pod:1]\n';

  test('of packs', () => {
    expect(told(ofPacks([{ values: '', manifests: [{ name: 'm', content }] }]))).toEqual([
      'maybe x.io/arg:1 <- profile sample, pack pack-0, manifests.m spec.containers[0].args[0] (line 6), discovered (read)',
    ]);
  });

  test('of files: there is no pack to add a line to', () => {
    const result = discover({ manifests: [{ name: 'm.yaml', text: content }] });
    expect(result.warnings.map(({ message }) => message)).toEqual([
      'm.yaml:6 spec.containers[0].args[0]: x.io/arg:1 may be an image, and is in no list; if it is one, add --image x.io/arg:1',
    ]);
  });
});

describe('charts', () => {
  const pack = {
    name: 'web',
    values:
      'pack: {content: {images: [], charts: [{repo: "https://x.io", name: web, version: 1.0.0}]}}\ncharts:\n  web:\n    image: {tag: "2"}\n  other: {image: a.io/other:1}\n',
  };
  const files = new Map(
    Object.entries({
      'Chart.yaml':
        'name: web\nappVersion: "1"\nannotations: {artifacthub.io/images: "[{image: a.io/noted:1}]"}\n',
      'values.yaml': 'image: {repository: a.io/web}\nproxy: {image: {repository: a.io/proxy}}\n',
      'templates/job.yaml': 'image: a.io/job:1\n',
    }).map(([path, text]) => [path, Buffer.from(text)]),
  );
  const outline = chartOutline(files);
  const chart = { profile: 'sample', pack: 'web', name: 'web', outline, isRendered: false };

  test('that are not at hand: the values of the pack are read, and that is said', () => {
    const result = ofPacks([pack]);
    expect(told(result)).toEqual([
      expect.stringMatching(/^a\.io\/other:1 <- .*charts\.other\.image \(line 5\)/),
    ]);
    expect(codes(result)).toEqual(['DISCOVERED_IMAGE', 'VALUES_ONLY_READ']);
    expect(result.warnings[1]?.message).toContain('the charts of sample/web were not rendered');
  });

  test('that have more YAML than is read of one: that is said', () => {
    const large = Buffer.alloc(16 * 1024 * 1024, 'a: b\n');
    const cut = chartOutline(new Map([...files, ['crds/large.yaml', large], ['crds/more.yaml', large]]));
    const result = ofPacks([pack], { charts: [{ ...chart, outline: cut }] });
    expect(result.warnings.at(-1)?.code).toBe('CHART_NOT_READ');
    expect(result.warnings.at(-1)?.message).toMatch(/^sample\/web, chart web: of its YAML the first 16 Mi /);
  });

  test('that are at hand: defaults, templates and annotations are read too', () => {
    const result = ofPacks([pack], { charts: [chart] });
    expect(told(result)).toEqual([
      expect.stringMatching(/^a\.io\/other:1 /),
      'a.io/web:2 <- profile sample, pack web, charts.web.image, discovered (read)',
      'a.io/proxy:1 <- profile sample, pack web, charts.web.proxy.image, discovered (read)',
      'a.io/job:1 <- profile sample, pack web, chart web, templates/job.yaml line 1, discovered (read)',
      'a.io/noted:1 <- profile sample, pack web, chart web, Chart.yaml artifacthub.io/images, discovered (annotation)',
    ]);
    expect(codes(result)).toContain('VALUES_ONLY_READ');
  });

  test('that are rendered: what they run, and the values of that chart are not read', () => {
    const rendered =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{image: "a.io/web:2"}]}\n';
    const result = ofPacks([pack], {
      charts: [{ ...chart, isRendered: true, runs: renderedImages(rendered) }],
    });
    expect(told(result)).toEqual([
      expect.stringMatching(/^a\.io\/other:1 /),
      'a.io/web:2 <- profile sample, pack web, chart web, Pod/web spec.containers[0].image, discovered (rendered)',
      expect.stringMatching(/^a\.io\/noted:1 /),
    ]);
    expect(codes(result)).not.toContain('VALUES_ONLY_READ');
  });

  test('that are rendered to what is no YAML: they are read, and that is said', () => {
    const rendered = 'a: [\n';
    const result = ofPacks([pack], {
      charts: [{ ...chart, isRendered: true, runs: renderedImages(rendered) }],
    });
    expect(told(result)).toContainEqual(expect.stringMatching(/^a\.io\/web:2 .*\(read\)$/));
    const { message } = result.warnings.find(({ code }) => code === 'VALUES_ONLY_READ') ?? {};
    expect(message).toContain('what sample/web, chart web was rendered to is no YAML that can be read');
    const alone = discover(
      {},
      { charts: [{ name: 'web', outline, isRendered: true, runs: renderedImages(rendered) }] },
    );
    expect(alone.warnings.at(-1)?.message).toContain('what chart web was rendered to');
  });

  test('of packs whose values can be read in pieces only', () => {
    const broken = `${pack.values}odd:\n  a: "{{ .x }}\n`;
    const whole = ofPacks([pack], { charts: [chart] });
    expect(told(ofPacks([{ ...pack, values: broken }], { charts: [chart] }))).toEqual(told(whole));
  });

  test('that only a flag names', () => {
    const { discovered, warnings } = discover({}, { charts: [{ name: 'web', outline, isRendered: false }] });
    expect(discovered.map(({ name }) => name)).toEqual([
      'a.io/web:1',
      'a.io/proxy:1',
      'a.io/job:1',
      'a.io/noted:1',
    ]);
    expect(warnings[0]?.message).toBe(
      'chart web, image: a.io/web:1 is in no image list, but it is used; add --image a.io/web:1',
    );
  });

  test('of packs that are charts themselves have all values of the pack', () => {
    const helm = { name: 'web', type: 'helm', values: 'pack: {namespace: x}\nimage: {tag: "3"}\n' };
    const result = ofPacks([helm], { charts: [chart] });
    expect(told(result)).toContain(
      'a.io/web:3 <- profile sample, pack web, chart web, image, discovered (read)',
    );
  });
});
