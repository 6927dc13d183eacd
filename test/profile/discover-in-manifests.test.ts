import { expect, test } from 'vitest';

import {
  discoverInManifests,
  objectTitle,
  referencesInLines,
} from '../../src/profile/discover-in-manifests.ts';
import { parseYaml } from '../../src/profile/yaml-tree.ts';
import { onlyDocument } from '../support/sample-profiles.ts';

function found(text: string): string[] {
  const { root } = onlyDocument(parseYaml(text, () => 'x'));
  return discoverInManifests(root).map(({ text: image, key, line }) => `${image} at ${key} (${line})`);
}

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: operator
  annotations: {last: quay.io/old/one:1}
spec:
  template:
    spec:
      containers:
        - args:
            - --config-reloader=quay.io/a/reloader:v1
            - --listen=:8080
            - --url=https://quay.io/a/b:1
          env:
            - {name: RELATED_IMAGE_DB, value: "docker.io/b/db@sha256:${'a'.repeat(64)}"}
            - {name: HOST, value: "db.example.com:5432"}
status: {image: quay.io/ran/once:1}
`;

test('arguments and environment', () => {
  expect(found(deployment)).toEqual([
    'quay.io/a/reloader:v1 at spec.template.spec.containers[0].args[0] (11)',
    `docker.io/b/db@sha256:${'a'.repeat(64)} at spec.template.spec.containers[0].env[0].value (15)`,
  ]);
});

test('config maps: whole texts, and lines that name an image', () => {
  const text = `apiVersion: v1
kind: ConfigMap
data:
  queue: gcr.io/knative/queue:1
  other: not an image
  template: |
    containers:
      - image: "quay.io/a/sidecar:2"  # injected
      - image: {{ .Values.image }}
      url: quay.io/a/b:3
`;
  expect(found(text)).toEqual([
    'gcr.io/knative/queue:1 at data.queue (4)',
    'quay.io/a/sidecar:2 at data.template (8)',
  ]);
});

test('defaults in definitions of custom resources, not their descriptions', () => {
  const text = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec: {image: {default: "quay.io/a/b:1", description: quay.io/a/c:1}}
`;
  expect(found(text)).toEqual(['quay.io/a/b:1 at spec.image.default (3)']);
});

test('nothing of secrets, and of objects that name charts', () => {
  for (const kind of ['Secret', 'HelmRelease', 'Application'])
    expect(found(`apiVersion: v1\nkind: ${kind}\ndata: {a: quay.io/a/b:1}\n`)).toEqual([]);
});

test.each([
  ['image: quay.io/a/b:1', 'quay.io/a/b:1'],
  ["  - image: 'quay.io/a/b:1'", 'quay.io/a/b:1'],
  ['  sidecarImage = "quay.io/a/b:1"', 'quay.io/a/b:1'],
  ['image: quay.io/a/b', undefined],
  ['image: b:1', undefined],
  ['image: {{ .Values.image }}', undefined],
  ['# image: quay.io/a/b:1', undefined],
])('the line %j', (line, expected) => {
  expect(referencesInLines(line).map(({ text }) => text)).toEqual(expected === undefined ? [] : [expected]);
});

test('an object is called by kind and name', () => {
  expect(objectTitle(onlyDocument(parseYaml(deployment, () => 'x')).root)).toBe('Deployment/operator');
  expect(objectTitle(onlyDocument(parseYaml('a: 1', () => 'x')).root)).toBe('object/');
});
