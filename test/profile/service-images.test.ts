import { expect, test } from 'vitest';

import { readServiceImages } from '../../src/profile/service-images.ts';
import { failureOf, originsOf, request, thrown, warningsOf } from '../support/sample-profiles.ts';

function read(text: string): string[] {
  return readServiceImages({ service: 'stylus', version: '4.8.1', text }).map(
    (image) => `${image.text}${image.isGuess ? ' ?' : ''}`,
  );
}

test.each<[what: string, text: string, images: string[]]>([
  ['a list of texts', '- a.io/b:1\n- a.io/c:2\n', ['a.io/b:1', 'a.io/c:2']],
  ['a list of objects', '- image: a.io/b:1\n- image: a.io/c:2\n', ['a.io/b:1', 'a.io/c:2']],
  ['both, below a key', 'images:\n  - a.io/b:1\n  - image: a.io/c:2\n', ['a.io/b:1', 'a.io/c:2']],
  ['lists in groups', 'core:\n  - a.io/b:1\nall:\n  images: [a.io/c:2]\n', ['a.io/b:1', 'a.io/c:2']],
  ['objects by name', 'agent:\n  image: a.io/b:1\n  version: "1"\n', ['a.io/b:1']],
  ['parts', '- {registry: a.io, repository: b, tag: 1.10}\n', ['a.io/b:1.10']],
  ['parts without a registry', '- {repository: a.io/b, tag: v1}\n', ['a.io/b:v1']],
  ['JSON', '{"images":["a.io/b:1"]}', ['a.io/b:1']],
  ['several documents', '- a.io/b:1\n---\n- a.io/c:1\n', ['a.io/b:1', 'a.io/c:1']],
  ['an image twice', '- a.io/b:1\n- image: a.io/b:1\n', ['a.io/b:1']],
  ['texts under other keys', 'agent: a.io/b:1\nversion: 4.8.1\nname: x\n', ['a.io/b:1 ?']],
  ['a guess that is listed too', 'agent: a.io/b:1\nimages: [a.io/b:1]\n', ['a.io/b:1']],
  ['templates', '- "{{ .registry }}/b:1"\n', ['{{ .registry }}/b:1 ?']],
  ['blanks', '- " a.io/b:1 "\n- ""\n- null\n', ['a.io/b:1']],
  ['nothing', '# nothing\n', []],
  ['an empty list', 'images: []\n', []],
])('%s', (_what, text, images) => {
  expect(read(text)).toEqual(images);
});

test('what is no YAML is told with service and version', () => {
  const error = thrown(() => read('images: [a'));
  expect(error.code).toBe('YAML_INVALID');
  expect(error.message).toContain('images.yaml of Palette service stylus 4.8.1:1');
});

const stylus = { service: 'stylus', version: '4.8.1' };

test('the images are asked for by the service', () => {
  const services = [{ ...stylus, text: '- a.io/b:1\n' }];
  expect(originsOf({ services, images: ['a.io/b:1'] })).toEqual([
    'a.io/b:1 <- --image',
    'a.io/b:1 <- Palette service stylus 4.8.1',
  ]);
});

test('a list that names nothing, and templates, are told', () => {
  const services = [
    { ...stylus, text: '{}' },
    { service: 'jet', version: '1.0', text: '- "{{ .registry }}/b:1"' },
  ];
  expect(request({ services }).images).toEqual([]);
  const codes = warningsOf({ services }).map((warning) => warning.split(' ')[0]);
  expect(codes.toSorted()).toEqual(['SERVICE_WITHOUT_IMAGES', 'TEMPLATE_SKIPPED']);
});

test('what is listed and no reference is told', () => {
  expect(failureOf({ services: [{ ...stylus, text: '- A.io/B C:1\n' }] })).toMatchObject({
    code: 'REFERENCE_INVALID',
    message: expect.stringContaining('Palette service stylus 4.8.1'),
  });
});
