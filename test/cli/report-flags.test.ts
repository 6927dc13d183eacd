import { expect, test } from 'vitest';

import { reportRequest } from '../../src/cli/report-flags.ts';
import type { ReportFlags } from '../../src/cli/report-flags.ts';
import { PaletteEdgeError } from '../../src/errors.ts';

const nothing: ReportFlags = {
  sbom: undefined,
  provenance: false,
  output: 'report.json',
  image: [],
  'private-key': undefined,
  json: false,
};
const all = (): boolean => true;

test('exactly one report is written', () => {
  expect(reportRequest({ ...nothing, sbom: 'spdx', image: ['a'] }, all)).toEqual({
    kind: 'sbom',
    format: 'spdx',
    patterns: ['a'],
    output: { path: 'report.json' },
  });
  expect(reportRequest({ ...nothing, provenance: true, 'private-key': 'key' }, all)).toEqual({
    kind: 'provenance',
    key: 'key',
    output: { path: 'report.json' },
  });
});

test('what was typed wins over what is set elsewhere', () => {
  const both: ReportFlags = { ...nothing, sbom: 'cyclonedx', provenance: true, 'private-key': 'key' };
  expect(reportRequest(both, (name) => name === 'sbom')).toMatchObject({ kind: 'sbom' });
});

test.each<[what: string, changes: Partial<ReportFlags>, code: string]>([
  ['no report', {}, 'USAGE'],
  ['two reports', { sbom: 'spdx', provenance: true }, 'USAGE'],
  ['a key for what is not signed', { sbom: 'spdx', 'private-key': 'key' }, 'USAGE'],
  ['images of provenance', { provenance: true, image: ['a'] }, 'USAGE'],
  ['an empty path', { sbom: 'spdx', output: '' }, 'PATH_INVALID'],
  ['a report beside the result', { sbom: 'spdx', output: undefined, json: true }, 'OUTPUT_NEEDED'],
])('%s is wrong usage', (_, changes, code) => {
  expect(() => reportRequest({ ...nothing, ...changes }, all)).toThrow(PaletteEdgeError);
  expect(() => reportRequest({ ...nothing, ...changes }, all)).toThrow(
    expect.objectContaining({ code, kind: 'usage' }),
  );
});
