import { expect, test } from 'vitest';

import { reportRequest } from '../../src/cli/report-flags.ts';
import type { ReportFlags } from '../../src/cli/report-flags.ts';
import { PaletteEdgeError } from '../../src/errors.ts';

const nothing: ReportFlags = {
  sbom: undefined,
  provenance: false,
  html: false,
  diff: undefined,
  files: true,
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

test('a page is written into a file that is called so, or when it is asked for', () => {
  const page = { kind: 'html', patterns: [], before: undefined, hasFiles: true };
  const output = { path: 'edge.HTML' };
  expect(reportRequest({ ...nothing, output: 'edge.HTML' }, all)).toEqual({ ...page, output });
  expect(reportRequest({ ...nothing, html: true, files: false, image: ['a'] }, all)).toMatchObject({
    ...page,
    patterns: ['a'],
    hasFiles: false,
  });
  expect(reportRequest({ ...nothing, diff: 'old' }, all)).toMatchObject({ kind: 'html', before: 'old' });
  // The flag says more than the name; a name that was typed, more than a flag from elsewhere.
  const named = { ...nothing, sbom: 'spdx', output: 'a.html' } as const;
  expect(reportRequest(named, all)).toMatchObject({ kind: 'sbom' });
  expect(reportRequest(named, (name) => name === 'output')).toMatchObject({ kind: 'html' });
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
  ['a key for a page', { html: true, 'private-key': 'key' }, 'USAGE'],
  ['an update of packages', { sbom: 'spdx', diff: 'old' }, 'USAGE'],
  ['packages without layers', { sbom: 'spdx', files: false }, 'USAGE'],
  ['an empty path of what is compared with', { diff: '' }, 'PATH_INVALID'],
  ['an empty path', { sbom: 'spdx', output: '' }, 'PATH_INVALID'],
  ['a report beside the result', { sbom: 'spdx', output: undefined, json: true }, 'OUTPUT_NEEDED'],
])('%s is wrong usage', (_, changes, code) => {
  expect(() => reportRequest({ ...nothing, ...changes }, all)).toThrow(PaletteEdgeError);
  expect(() => reportRequest({ ...nothing, ...changes }, all)).toThrow(
    expect.objectContaining({ code, kind: 'usage' }),
  );
});
