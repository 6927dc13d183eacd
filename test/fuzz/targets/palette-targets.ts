import { readFileSync } from 'node:fs';

import { findInIndex } from '../../../src/chart/chart-index.ts';
import { parseChartYaml } from '../../../src/chart/chart-yaml.ts';
import { readChartArchive } from '../../../src/chart/chart-archive.ts';
import { readChartMetadata } from '../../../src/chart/chart-metadata.ts';
import { compareChartVersions, parseChartVersion } from '../../../src/chart/chart-version.ts';
import { parseVersionRange } from '../../../src/chart/version-range.ts';
import { readDefinition } from '../../../src/definition/read-definition.ts';
import { paletteError } from '../../../src/palette-api/palette-error.ts';
import { discoverInManifests } from '../../../src/profile/discover-in-manifests.ts';
import { readImageList } from '../../../src/profile/image-list.ts';
import { parseMacroExpression } from '../../../src/profile/macro-expression.ts';
import { findManifestImages } from '../../../src/profile/manifest-images.ts';
import { readProfile } from '../../../src/profile/read-profile.ts';
import { maskTemplates } from '../../../src/profile/template-mask.ts';
import { parseTemplatedYaml } from '../../../src/profile/templated-yaml.ts';
import { parseYaml } from '../../../src/profile/yaml-tree.ts';
import { sampleChart } from '../../support/sample-charts.ts';
import { must } from '../parser-target.ts';
import type { ParserTarget } from '../parser-target.ts';

const place = (line: number, column: number): string => `file:${line}:${column}`;

function fixture(path: string): string {
  return readFileSync(new URL(`../../../fixtures/${path}`, import.meta.url), 'utf8');
}

const bomb =
  'a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: [*b, *b, *b, *b, *b]\n';
const aliases = [
  '&a',
  '*a',
  '<<: *a',
  '&b [',
  '*b, *b, *b, *b, *b, *b',
  '{{ .Values.a }}',
  '{{.spectro.var.x}}',
];
const chartYaml =
  'apiVersion: v2\nname: web\nversion: 1.2.3-rc.1+b\ndependencies:\n  - name: db\n    version: ^1.0.0\n    repository: https://charts.test\n';
const indexYaml = `apiVersion: v1
entries:
  web:
    - name: web
      version: 1.0.0
      digest: ${'a'.repeat(64)}
      urls: [web-1.0.0.tgz]
    - version: 0.9.0
      urls:
        - https://other.test/web-0.9.0.tgz
  db: []
generated: "2026-01-01T00:00:00Z"
`;
const definition = `definitionVersion: 1
options:
  name: edge
  platforms: [linux/amd64]
  map: [docker.io=registry.site/x]
profiles:
  - name: infra
    version: 1.0.0
    type: infra
images:
  - reference: ghcr.io/org/app:1.0
charts:
  - repository: https://charts.test
    name: web
    version: 1.2.3
`;

/** What Palette, Helm repositories and the files of users say. */
export async function paletteTargets(): Promise<readonly ParserTarget[]> {
  const archive = await sampleChart('web', '1.2.3');
  return [
    {
      name: 'profiles',
      form: 'text',
      samples: [
        fixture('profiles/addon-monitoring.yaml'),
        fixture('profiles/edge-infra-get.json'),
        fixture('profiles/shipped-mistakes.yaml'),
      ],
      words: aliases,
      isLong: true,
      read: (bytes) => readProfile({ name: 'file', text: bytes.toString() }),
    },
    {
      name: 'YAML',
      form: 'text',
      samples: [bomb, fixture('manifests/shop.yaml')],
      words: aliases,
      isLong: true,
      read: (bytes) => parseYaml(bytes.toString(), place),
    },
    {
      name: 'manifests of Kubernetes',
      form: 'text',
      samples: [fixture('manifests/shop.yaml'), fixture('manifests/custom-resources.yaml')],
      words: [...aliases, 'image: ', 'containers:\n', 'kind: List\nitems:\n'],
      isLong: true,
      read: (bytes) => {
        for (const { root } of parseTemplatedYaml(bytes.toString(), place).documents) {
          findManifestImages(root);
          discoverInManifests(root);
        }
      },
    },
    {
      name: 'lists of images',
      form: 'text',
      samples: [fixture('images.txt')],
      isLong: true,
      read: (bytes) => readImageList({ name: 'file', text: bytes.toString() }),
    },
    {
      name: 'macros and templates',
      form: 'text',
      samples: [
        '{{ .spectro.var.host | default "a" }}',
        'a: {{.x}}\n{{- if .y }}\nb: "{{ .z }}"\n{{ end }}\n',
      ],
      words: ['{{', '}}', '{{-', '-}}', '|', '`', '"', '{{/*', '*/}}'],
      isLong: true,
      read: (bytes) => {
        const text = bytes.toString();
        parseMacroExpression(text);
        const { text: masked, unmask } = maskTemplates(text, 'all lines');
        must(unmask(masked) === text, 'a mask that does not give the text back');
      },
    },
    {
      name: 'definitions',
      form: 'text',
      samples: [definition],
      words: aliases,
      isLong: true,
      read: (bytes) => readDefinition({ name: 'file', text: bytes.toString() }),
    },
    {
      name: 'indexes of charts',
      form: 'text',
      samples: [indexYaml, `{"entries":{"web":[{"version":"1.0.0","urls":["a.tgz"]}]}}`],
      words: ['entries:', '  web:', '- version: ', ...aliases],
      isLong: true,
      read: (bytes) => findInIndex(bytes.toString(), 'web', 'the test'),
    },
    {
      name: 'Chart.yaml',
      form: 'text',
      samples: [chartYaml],
      words: aliases,
      isLong: true,
      read: (bytes) => {
        parseChartYaml(bytes, 'the test');
        readChartMetadata(new Map([['Chart.yaml', bytes]]), 'the test');
      },
    },
    {
      name: 'archives of charts',
      form: 'bytes',
      samples: [archive],
      read: async (bytes) => {
        for (const path of (await readChartArchive(bytes, 'the test')).keys())
          must(!path.startsWith('/') && !path.split('/').includes('..'), `the path ${path}`);
      },
    },
    {
      name: 'versions of charts',
      form: 'text',
      samples: ['1.2.3-rc.1+build', '>=1.2 <2 || ^3.0.0-0', '~1.x, 1.0 - 2.0'],
      words: ['||', '-', '.x', '^', '~', '>=', 'v'],
      read: (bytes) => {
        const text = bytes.toString();
        const one = parseChartVersion('1.2.3');
        const other = parseChartVersion(text);
        if (one !== undefined && other !== undefined)
          must(
            compareChartVersions(one, other) === -compareChartVersions(other, one),
            'no order of versions',
          );
        if (one !== undefined) parseVersionRange(text)?.(one);
      },
    },
    {
      name: 'refusals of Palette',
      form: 'json',
      samples: ['{"code":"ResourceNotFound","message":"no s3cret-key","details":{"x":["y"]},"ref":"1"}'],
      words: ['s3cret-key'],
      isLong: true,
      read: (bytes) => {
        for (const status of [400, 401, 403, 404, 429, 503]) {
          const { message } = paletteError({
            subject: 'profile x',
            host: 'palette.test',
            status,
            retryAfter: undefined,
            text: bytes.toString(),
            apiKey: 's3cret-key',
            projectUid: undefined,
          });
          must(!message.includes('s3cret-key'), 'a key in a message');
          must(message.length < 2000 && !/\p{Cc}/u.test(message), 'words that fill or steer a terminal');
        }
      },
    },
  ];
}
