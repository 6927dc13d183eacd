import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { outcomeOf, profileFile, request } from '../support/sample-profiles.ts';

describe('whatever the input, the failure is one a user can act on', () => {
  const orderly = ['done', 'usage'];
  const word = fc.constantFrom(
    'pack',
    'content',
    'images',
    'image',
    'charts',
    'manifests',
    'contents',
    'options',
    'system.uri',
    'spec',
    'packs',
    'values',
    'name',
    'containers',
    'kind',
    '__proto__',
    'constructor',
    'iamge',
    '<<',
    'stylusPackage',
    'a/b:1',
    'x',
    '{{.spectro.pack.pack-0.x}}',
    '{{ .spectro.var.V | default "d" }}',
    '{{',
    '}}',
    '{{- end }}',
    '"',
    "'",
    '|',
    '>-',
  );
  const glue = fc.constantFrom(
    ' ',
    ': ',
    ':\n',
    '\n',
    '\n  ',
    '\n    - ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ', ',
    '#',
    '&a ',
    '*a',
    '!t ',
    '\t',
    '---\n',
    '\r\n',
  );
  const yamlish = fc.array(fc.tuple(word, glue), { maxLength: 30 }).map((parts) => parts.flat().join(''));
  const text = fc.oneof(fc.string(), yamlish, fc.json());

  test('as values, inline manifests and variables', () => {
    fc.assert(
      fc.property(text, text, text, (values, content, defaultValue) => {
        const pack = { values, manifests: [{ name: 'm', content }] };
        expect(orderly).toContain(
          outcomeOf(() =>
            request({ profiles: [profileFile([pack], { variables: [{ name: 'V', defaultValue }] })] }),
          ),
        );
      }),
      { numRuns: 1500 },
    );
  });

  test('as files and references', () => {
    fc.assert(
      fc.property(text, (content) => {
        const file = { name: 'file', text: content };
        expect(orderly).toContain(outcomeOf(() => request({ profiles: [file] })));
        expect(orderly).toContain(outcomeOf(() => request({ manifests: [file] })));
        expect(orderly).toContain(outcomeOf(() => request({ lists: [file], images: [content] })));
      }),
      { numRuns: 1500 },
    );
  });
});
