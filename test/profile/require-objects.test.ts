import { describe, expect, test } from 'vitest';

import { failureOf, imagesOf, profileFile } from '../support/sample-profiles.ts';

describe('a manifest file without any object', () => {
  test.each([
    ['', 'found nothing', '--images-file'],
    ['# nothing\n---\n', 'found nothing', '--images-file'],
    ['[]', 'found a list', '--images-file'],
    ['hello', 'found a single value', '--images-file'],
    ['{"metadata": {"name": "s3cret"}}', 'found the keys metadata', '--images-file'],
    ['kind: Pod\nspec: {containers: []}', 'found the keys kind, spec (in spec: containers)', '--images-file'],
    ['- apiVersion: v1\n- kind: Pod', 'found a list', '--images-file'],
    [profileFile([]).text, 'found the keys metadata, spec (in spec: ', '--profile'],
    ['spec: {published: {packs: []}}', 'found the keys spec', '--profile'],
    ['spec: {packs: []}', 'found the keys spec', '--profile'],
  ])('%j is refused', (text, found, flag) => {
    const error = failureOf({ manifests: [{ name: 'm.yaml', text }] });
    expect(error).toMatchObject({ code: 'MANIFEST_INVALID', kind: 'usage' });
    expect(error.message).toContain('m.yaml holds no Kubernetes object: expected apiVersion and kind, ');
    expect(error.message).toContain(found);
    expect(error.message).not.toContain('s3cret');
    expect(error.suggestions).toEqual([expect.stringContaining(flag)]);
  });

  test.each([
    'apiVersion: v1\nkind: Pod',
    'apiVersion: v1\nkind: List\nitems: []',
    '[{apiVersion: v1, kind: Pod}]',
    'hello\n---\napiVersion: v1\nkind: Pod',
    '{{- if .x }}\napiVersion: {{ .y }}\nkind: Pod\n{{- end }}\n',
  ])('%j has one', (text) => {
    expect(imagesOf({ manifests: [{ name: 'm.yaml', text }] })).toEqual([]);
  });

  test('is told together with what else is wrong', () => {
    const error = failureOf({
      manifests: [
        { name: 'a.yaml', text: '[]' },
        { name: 'b.yaml', text: '' },
      ],
    });
    expect(error).toMatchObject({ code: 'MANIFEST_INVALID' });
    expect(error.message).toMatch(/a\.yaml[^]*b\.yaml/);
  });
});
