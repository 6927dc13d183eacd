import { expect, test } from 'vitest';

import { percentText, squeezedFields } from '../../src/views/squeeze-report-fields.ts';
import { squeezeView, unsqueezeView } from '../../src/views/squeeze-view.ts';
import type { SqueezeResult } from '../../src/workflows/squeeze-bundle.ts';

const bundle = {
  path: 'a.squeezed.tar.zst',
  name: 'a',
  id: '0a1b2c3d',
  size: 620,
  sha256: 'ab'.repeat(32),
  parts: undefined,
};
const report: SqueezeResult['report'] = {
  squeezed: { layers: 2, bytes: 900 },
  encoders: [
    { encoder: 'GNU gzip level 6', layers: 1, bytes: 800 },
    { encoder: 'Go 1.8 to 1.26 level 1', layers: 1, bytes: 100 },
  ],
  kept: [
    { reason: 'wrong-diff-id', layers: 1, bytes: 50 },
    { reason: 'a reason of a later version', layers: 1, bytes: 1 },
  ],
  contentSize: 1240,
};

test('squeezing tells bytes saved, layers by encoder, and why others were kept', () => {
  const plain = { path: 'a.tar.zst', id: '1a1b2c3d', size: 1000 };
  const shown = squeezeView({ plain, bundle, effort: 'max', report, warnings: [] });
  expect(shown).toMatch(/^Wrote a\.squeezed\.tar\.zst\n/);
  expect(shown).toMatch(/^ {2}size +620 B \(620 bytes\), 62\.0 % of 1\.00 kB$/m);
  expect(shown).toMatch(/^ {2}effort +max$/m);
  expect(shown).toMatch(/^ {2}squeezed +2 layers, 900 B$/m);
  expect(shown).toMatch(/^ {4}written by +GNU gzip level 6: 1 layer, 800 B$/m);
  expect(shown).toMatch(
    /^ {2}kept as they were +not what the image says that they are without gzip: 1 layer, 50 B$/m,
  );
  expect(shown).toMatch(/a reason of a later version: 1 layer/);
});

test('parts are told with their list', () => {
  const parts = { list: 'a.parts.json', files: [{ name: 'a.part00', size: 620, sha256: 'cd'.repeat(32) }] };
  const squeezed = { path: 'a.squeezed.tar.zst', id: '0a1b2c3d', size: 620 };
  const shown = unsqueezeView({
    squeezed,
    bundle: { ...bundle, path: 'a', size: 1000, parts },
    resumedBytes: 0,
    warnings: [],
  });
  expect(shown).toMatch(/^Wrote a in parts\n/);
  expect(shown).not.toContain('went on');
  expect(shown).toContain('was 620 B');
  expect(shown).toContain('a.parts.json');
});

test('what an interrupted run had written is told', () => {
  const squeezed = { path: 'a.squeezed.tar.zst', id: '0a1b2c3d', size: 620 };
  const shown = unsqueezeView({ squeezed, bundle, resumedBytes: 300, warnings: [] });
  expect(shown).toMatch(/^ {2}went on +behind 300 B that were there$/m);
});

test('inspecting tells what it is of the content', () => {
  expect(squeezedFields(620, report)[0]).toEqual(['squeezed to', '50.0 % of 1.24 kB as registries have it']);
  expect(percentText(1, 0)).toBe('');
});
