import { describe, expect, test } from 'vitest';

import { parseReference } from '../../src/oci/reference.ts';
import {
  failureOf,
  fixture,
  imagesOf,
  originsOf,
  profileFile,
  request,
  valuesWith,
  warningsOf,
} from '../support/sample-profiles.ts';

const infra = [
  'docker.io/rancher/mirrored-coredns-coredns:1.9.1',
  'docker.io/rancher/mirrored-pause:3.6',
  'ttl.sh/ubuntu:k3s-1.25.2-v4.2.3-demo',
  'us-docker.pkg.dev/palette-images/edge/stylus-linux-amd64:v4.2.3',
  'us-docker.pkg.dev/palette-images/packs/calico/3.31.4/cni:v3.31.4',
  'us-docker.pkg.dev/palette-images/packs/calico/3.31.4/kube-controllers:v3.31.4',
  'us-docker.pkg.dev/palette-images/packs/calico/3.31.4/node:v3.31.4',
  'us-docker.pkg.dev/palette-images/packs/k3s/1.25.2/metrics-server:v0.6.1',
];

describe('the fixtures', () => {
  test('one profile in three shapes gives the same images from the same places', () => {
    const exported = request({ profiles: [fixture('profiles/edge-infra.json')] });
    expect(exported.images.map(({ name }) => name)).toEqual(infra);
    expect(exported.profiles).toEqual([
      {
        name: 'edge-infra',
        version: '1.0.0',
        type: 'infra',
        packs: [
          { name: 'edge-native-byoi', type: 'spectro', layer: 'os', version: '1.0.0' },
          { name: 'edge-k3s', type: 'spectro', layer: 'k8s', version: '1.25.2' },
          { name: 'cni-calico', type: 'spectro', layer: 'cni', version: '3.31.4' },
        ],
      },
    ]);
    expect(exported.warnings).toEqual([]);
    for (const file of ['edge-infra-get.json', 'edge-infra-flattened.yaml']) {
      expect(request({ profiles: [fixture(`profiles/${file}`)] })).toEqual(exported);
    }
  });

  test('every image remembers where it came from', () => {
    expect(originsOf({ profiles: [fixture('profiles/edge-infra.json')] })).toEqual(
      expect.arrayContaining([
        `${infra[2]} <- profile edge-infra, pack edge-native-byoi, pack.content.images[0] (line 4)`,
        `${infra[2]} <- profile edge-infra, pack edge-native-byoi, options.system.uri (line 11)`,
        `${infra[3]} <- profile edge-infra, pack edge-native-byoi, stylusPackage (line 20)`,
        `${infra[4]} <- profile edge-infra, pack cni-calico, manifests.calico.contents spec.template.spec.initContainers[0].image (line 14)`,
      ]),
    );
  });

  test('an add-on in YAML: variables, a digest, an inline manifest', () => {
    const profiles = [fixture('profiles/addon-monitoring.yaml')];
    expect(imagesOf({ profiles })).toEqual([
      'docker.io/grafana/grafana:11.1.0',
      'quay.io/prometheus-operator/prometheus-operator:v0.75.1',
      'quay.io/prometheus/node-exporter:v1.8.2',
      'quay.io/prometheus/prometheus:v2.53.1',
      'registry.k8s.io/kube-state-metrics/kube-state-metrics@sha256:9ad6a6d8a6ae2b1d2e8f6e5c4b3a291807f6e5d4c3b2a1908f7e6d5c4b3a2918',
    ]);
    expect(warningsOf({ profiles })).toEqual([
      expect.stringMatching(
        /^NO_TAG_BUT_DIGEST .*pack prometheus-operator, pack\.content\.images\[3\] \(line 14\): /,
      ),
      expect.stringMatching(
        /^UNLISTED_IMAGE .*pack node-tools, manifests\.node-tools .*node-exporter:v1\.8\.2/,
      ),
    ]);
    const variables = new Map([['GrafanaRegistry', 'mirror.example.com:5000']]);
    expect(imagesOf({ profiles, variables })).toContain('mirror.example.com:5000/grafana/grafana:11.1.0');
  });

  test('mistakes that real packs shipped with are named with pack and line', () => {
    const profiles = [fixture('profiles/shipped-mistakes.yaml')];
    expect(imagesOf({ profiles })).toEqual([
      'docker.io/library/nginx:latest',
      'quay.io/example/good:1.0',
      'quay.io/example/tool:latest',
    ]);
    expect(warningsOf({ profiles })).toEqual([
      expect.stringMatching(
        /^MISSPELT_KEY .*pack misspelt-image, values line 5: .*"iamge", so it is left out/,
      ),
      expect.stringMatching(/^MISSPELT_KEY .*pack misspelt-image, values line 7: .*"repository"/),
      expect.stringMatching(
        /^CONTENT_AT_ROOT .*pack content-at-root, values line 2: .*2 images are left out/,
      ),
      expect.stringMatching(/^NO_IMAGE_LIST .*pack without-list, values line 1: /),
      expect.stringMatching(/^NO_VALUES .*pack without-values, values line 1: the values are empty/),
      expect.stringMatching(/^NO_TAG .*pack floating, .*\(line 4\): nginx /),
      expect.stringMatching(/^LATEST_TAG .*pack floating, .*\(line 5\): quay\.io\/example\/tool:latest /),
    ]);
  });

  test('a list and manifests', () => {
    expect(originsOf({ lists: [fixture('images.txt')] })).toEqual([
      'docker.io/library/busybox:1.36.1 <- images.txt:3',
      'docker.io/library/nginx:1.27 <- images.txt:4',
      'ghcr.io/stefanprodan/podinfo:6.7.0 <- images.txt:5',
      'registry.k8s.io/pause@sha256:7031c1b283388d2c2e09b57badb803c05ebed362dc88d84b480cc47f72a21097 <- images.txt:8',
    ]);
    expect(originsOf({ manifests: [fixture('manifests/shop.yaml')] })).toEqual([
      'docker.io/envoyproxy/envoy:v1.31.0 <- shop.yaml:20 spec.template.spec.containers[1].image',
      'ghcr.io/example/shop-migrate:2.4.0 <- shop.yaml:15 spec.template.spec.initContainers[0].image',
      'ghcr.io/example/shop-model:2024-11 <- shop.yaml:24 spec.template.spec.volumes[0].image.reference',
      'ghcr.io/example/shop:2.4.0 <- shop.yaml:18 spec.template.spec.containers[0].image',
      'ghcr.io/example/shop:2.4.0 <- shop.yaml:42 spec.jobTemplate.spec.template.spec.containers[0].image',
    ]);
    const manifests = [fixture('manifests/custom-resources.yaml')];
    expect(originsOf({ manifests })).toEqual([
      'docker.io/valkey/valkey:8.0.1 <- custom-resources.yaml:33 items[0].spec.image',
      'ghcr.io/example/backup:1.0 <- custom-resources.yaml:35 items[0].spec.backup.image',
    ]);
    expect(warningsOf({ manifests })).toEqual([
      expect.stringMatching(/^IMAGE_FIELD_SKIPPED .*:43 .*ubuntu-22/),
    ]);
  });
});

test('nothing asked for gives nothing', () => {
  expect(request({})).toEqual({ images: [], profiles: [], warnings: [] });
});

test('spellings of one image are one image with every place once', () => {
  const images = ['nginx:1.27', 'docker.io/library/nginx:1.27', 'docker://index.docker.io/nginx:1.27'];
  const lists = [
    { name: 'b.txt', text: 'nginx:1.27\n' },
    { name: 'a.txt', text: `${'\n'.repeat(9)}nginx:1.27\nlibrary/nginx:1.27 # again\n` },
  ];
  expect(originsOf({ images, lists })).toEqual([
    'docker.io/library/nginx:1.27 <- --image',
    'docker.io/library/nginx:1.27 <- a.txt:10',
    'docker.io/library/nginx:1.27 <- a.txt:11',
    'docker.io/library/nginx:1.27 <- b.txt:1',
  ]);
});

test('origins sort by line as a number', () => {
  const lists = [{ name: 'a.txt', text: 'x:1\n'.repeat(12) }];
  const lines = request({ lists }).images[0]?.origins.map((origin) =>
    origin.kind === 'list' ? origin.line : 0,
  );
  expect(lines).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});

test('the order of the inputs does not matter to the images', () => {
  const profiles = [fixture('profiles/edge-infra.json'), fixture('profiles/addon-monitoring.yaml')];
  const lists = [fixture('images.txt'), { name: 'more.txt', text: 'nginx:1.27\nZZ.io/x'.toLowerCase() }];
  const manifests = [fixture('manifests/shop.yaml'), fixture('manifests/custom-resources.yaml')];
  const images = ['a:1', 'b:2', 'a.io/b:2', 'a-b:3'];
  const forwards = request({ profiles, lists, manifests, images });
  const backwards = request({
    profiles: profiles.toReversed(),
    lists: lists.toReversed(),
    manifests: manifests.toReversed(),
    images: images.toReversed(),
  });
  expect(backwards.images).toEqual(forwards.images);
  const names = forwards.images.map(({ name }) => name);
  expect(names.toSorted((left, right) => (left < right ? -1 : 1))).toEqual(names);
  for (const { name, reference } of forwards.images) expect(parseReference(name)).toEqual(reference);
});

describe('errors', () => {
  test('one malformed reference names its place', () => {
    const lists = [{ name: 'images.txt', text: '# x\n\nUPPER/case\n' }];
    expect(failureOf({ lists })).toMatchObject({
      code: 'REFERENCE_INVALID',
      kind: 'usage',
      message: expect.stringMatching(/^images\.txt:3: "UPPER\/case" /),
    });
  });

  test('several malformed references are listed together', () => {
    const error = failureOf({
      profiles: [profileFile([valuesWith('good/one:1', '"bad one"', '"a::b"')])],
      lists: [{ name: 'l.txt', text: 'X\n' }],
      images: ['-zz', 'fine:1'],
    });
    expect(error).toMatchObject({ code: 'REFERENCE_INVALID', kind: 'usage' });
    expect(error.message.split('\n')).toEqual([
      '4 errors in the input:',
      expect.stringContaining('profile sample, pack pack-0, pack.content.images[1] (line 5): "bad one"'),
      expect.stringContaining('pack.content.images[2] (line 6): "a::b"'),
      expect.stringContaining('l.txt:1: "X"'),
      expect.stringContaining('--image: "-zz"'),
    ]);
    expect(error.details).toMatchObject({ errors: [{ code: 'REFERENCE_INVALID' }, {}, {}, {}] });
  });

  test('errors of several kinds are listed under one code', () => {
    const error = failureOf({
      profiles: [profileFile([valuesWith('a:{{.spectro.macro.tag}}', 'B')])],
      manifests: [{ name: 'm.yaml', text: 'a: b: c' }],
    });
    expect(error).toMatchObject({ code: 'INPUT_INVALID', kind: 'usage' });
    expect(error.message).toContain('.spectro.macro.tag');
    expect(error.message).toContain('"B"');
    expect(error.message).toContain('m.yaml:1:4');
    expect(error.suggestions).toContain('Pass --macro tag=VALUE');
  });

  test('every broken file is named', () => {
    const error = failureOf({
      profiles: [
        { name: 'a.json', text: '{"spec": [\n  1,,\n]}' },
        { name: 'b.yaml', text: 'kind: Pod\nspec: {}' },
      ],
    });
    expect(error.code).toBe('INPUT_INVALID');
    expect(error.message).toMatch(/a\.json:2:\d/);
    expect(error.message).toContain('b.yaml is no cluster profile');
  });

  test('a template in a pod spec asks to be rendered first', () => {
    const manifests = [
      {
        name: 'm.yaml',
        text: 'apiVersion: v1\nkind: Pod\nspec: {containers: [image: {{ .Values.image }}]}\n',
      },
    ];
    expect(failureOf({ manifests })).toMatchObject({
      code: 'REFERENCE_INVALID',
      message: expect.stringMatching(/^m\.yaml:3 spec\.containers\[0\]\.image: \{\{ \.Values\.image \}\}/),
      suggestions: [expect.stringContaining('helm template')],
    });
  });

  test('a key that a manifest has twice is named', () => {
    const manifests = [{ name: 'm.yaml', text: 'apiVersion: v1\nkind: Pod\nspec: {}\nspec: {}\n' }];
    expect(failureOf({ manifests })).toMatchObject({
      code: 'YAML_INVALID',
      message: expect.stringMatching(/^m\.yaml:4:1: .*"spec" is there twice/),
    });
  });
});

test('a password in the value of a variable is told by no error', () => {
  const profiles = [profileFile([valuesWith('{{.spectro.var.V}}')], { variables: [{ name: 'V' }] })];
  const variables = new Map([['V', 'https://user:hunter2@q.io/x:3']]);
  const error = failureOf({ profiles, variables });
  expect(JSON.stringify([error.message, error.suggestions, error.details])).not.toContain('hunter2');
  expect(error.message).toContain('https://***@q.io/x:3');
});

describe('names given in vain', () => {
  test('are warned about, used and defined ones are not', () => {
    const variables = [{ name: 'Defined', defaultValue: 'x' }];
    const values = `${valuesWith('{{.spectro.var.Used}}/a:1')}other: {{ .spectro.macro.used }}{{.spectro.system.cluster.name}}\n`;
    const given = {
      profiles: [profileFile([values], { variables })],
      variables: new Map([
        ['Used', 'x.io'],
        ['Defined', 'y'],
        ['Typo', 'z'],
      ]),
      macros: new Map([
        ['used', '1'],
        ['system.cluster.name', '2'],
        ['system.typo', '3'],
        ['typo', '4'],
      ]),
    };
    expect(warningsOf(given)).toEqual([
      expect.stringMatching(/^UNUSED_VARIABLE --var Typo: /),
      expect.stringMatching(/^UNUSED_MACRO --macro system\.typo: /),
      expect.stringMatching(/^UNUSED_MACRO --macro typo: /),
    ]);
  });

  test('a name that begins with a used one is not used', () => {
    const profiles = [profileFile([valuesWith('a:{{.spectro.var.Tag}}')])];
    const variables = new Map([
      ['Tag', '1'],
      ['Ta', '2'],
    ]);
    expect(warningsOf({ profiles, variables })).toEqual([expect.stringContaining('--var Ta:')]);
  });
});
