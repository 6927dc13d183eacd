/** An add-on profile in YAML, called `integration`, with one pack that lists these images. */
export function listingProfile(images: readonly string[]): string {
  return [
    'metadata: {name: integration}',
    'spec:',
    '  version: 1.0.0',
    '  template:',
    '    type: add-on',
    '    packs:',
    '      - name: apps',
    '        type: spectro',
    '        layer: addon',
    '        version: 1.0.0',
    '        values: |',
    '          pack:',
    '            content:',
    '              images:',
    ...images.map((image) => `                - image: ${image}`),
    '',
  ].join('\n');
}
