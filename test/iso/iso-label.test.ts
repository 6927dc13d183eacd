import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { checkIsoLabel, isoLabelWarnings } from '../../src/iso/iso-label.ts';

function refusal(label: string): unknown {
  try {
    return checkIsoLabel(label);
  } catch (error) {
    return error;
  }
}

test.each(['COS_CONTENT', 'A', 'EDGE_2026', 'X'.repeat(32)])('%s is a label', (label) => {
  expect(checkIsoLabel(label)).toBe(label);
});

test.each([
  ['', '--iso-label COS_CONTENT'],
  ['cos_content', '--iso-label COS_CONTENT'],
  ['MY-LABEL', '--iso-label MY_LABEL'],
  ['ÄÖÜ', '--iso-label COS_CONTENT'],
  ['A B\nC', '--iso-label A_B_C'],
  ['X'.repeat(33), `--iso-label ${'X'.repeat(32)}`],
])('%j is none, and one that would do is named', (label, suggestion) => {
  const error = refusal(label);
  expect(error).toBeInstanceOf(PaletteEdgeError);
  expect(error).toMatchObject({
    code: 'ISO_LABEL_INVALID',
    kind: 'usage',
    suggestions: [suggestion],
  });
});

test('what Windows will show is told when it is not all', () => {
  expect(isoLabelWarnings('X'.repeat(16))).toEqual([]);
  expect(isoLabelWarnings('COS_CONTENT_SITE_7')).toMatchObject([
    { code: 'ISO_LABEL_LONG', message: expect.stringContaining('only: COS_CONTENT_SITE;') },
  ]);
});
