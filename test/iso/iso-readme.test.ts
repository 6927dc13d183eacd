import { expect, test } from 'vitest';

import { isoReadme } from '../../src/iso/iso-readme.ts';

const bundle = {
  path: 'edge.tar.zst',
  name: 'edge',
  id: '1a2b3c4d',
  size: 5_368_709_120,
  images: 42,
  charts: 0,
};
const bare = { clusterDefinition: undefined, tool: undefined, others: [] };

test('it says what is on the drive, and how to check and use it', () => {
  const lines = isoReadme({ ...bare, bundles: [bundle] }).split('\r\n');
  expect(lines).toContain('  edge.tar.zst');
  expect(lines).toContain('    id       1a2b3c4d');
  expect(lines).toContain('    size     5.37 GB (5368709120 bytes)');
  expect(lines).toContain('    images   42');
  expect(lines).not.toContain('    charts   0');
  expect(lines).toContain('  Linux    sha256sum -c SHA256SUMS');
  // Other machines are to pull from it.
  expect(lines).toContain('  palette-edge serve edge.tar.zst --listen 0.0.0.0:5080');
});

test('every line ends as Windows needs it, and fits on a screen', () => {
  const text = isoReadme({ ...bare, bundles: [bundle], tool: 'palette-edge' });
  expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  expect(text.endsWith('\r\n')).toBe(true);
  for (const line of text.split('\r\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test('every bundle is checked, and a signed one by a key from elsewhere', () => {
  const other = { ...bundle, path: 'b.zst', signatureFile: 'b.zst.sig' };
  const many = Array.from({ length: 20 }, (_, index) => ({ ...bundle, path: `${index}.zst` }));
  const text = isoReadme({ ...bare, bundles: [bundle, other, ...many], tool: 'palette-edge' });
  expect(text).toContain('  ./palette-edge verify edge.tar.zst\r\n  ./palette-edge verify b.zst\r\n');
  expect(text).toContain('  ./palette-edge verify b.zst --public-key KEY.pub\r\n');
  expect(text.match(/ verify \d/g)?.length).toBe(6);
  expect(isoReadme({ ...bare, bundles: [bundle] })).not.toContain('--public-key');
});

test('it says where the program is, and what keeps it from starting', () => {
  const given = isoReadme({ ...bare, bundles: [bundle], tool: 'palette-edge' });
  expect(given).toMatch(/"Permission denied":\r\ncopy it/);
  expect(given).not.toContain('not on this drive. It is');
  const bareText = isoReadme({ ...bare, bundles: [bundle] });
  expect(bareText).toContain('That program is not on this drive.');
  expect(bareText).not.toContain('Permission denied');
});

test('it says how hosts pull, and load without a server', () => {
  const text = isoReadme({ ...bare, bundles: [bundle], tool: 'palette-edge' });
  expect(text).toContain('  --advertise http://ADDRESS:5080 --print-config k3s\r\n');
  expect(text).toContain('  sudo ./palette-edge load edge.tar.zst --into k3s\r\n');
  const delta = isoReadme({ ...bare, bundles: [{ ...bundle, mode: 'delta' }] });
  expect(delta).toContain('  sudo palette-edge load edge.tar.zst --base OLD --into k3s\r\n');
});

test('parts, the tool and other files are named', () => {
  const parts = ['c/edge.tar.zst_part00', 'c/edge.tar.zst_part01'];
  const text = isoReadme({
    bundles: [{ ...bundle, path: 'c/edge.tar.zst', charts: 2, parts }],
    clusterDefinition: 'spc-config/spc.tgz',
    tool: 'palette-edge',
    others: ['notes.txt'],
  });
  expect(text).toContain('    in parts 2: c/edge.tar.zst_part00 to c/edge.tar.zst_part01\r\n');
  expect(text).toContain('    charts   2\r\n');
  expect(text).toContain('  spc-config/spc.tgz  cluster definition\r\n');
  expect(text).toContain('  notes.txt\r\n');
  expect(text).toContain('  ./palette-edge verify c/edge.tar.zst_part00\r\n');
});

test('of a delta bundle and a squeezed one it says how they are used, and promises no installation', () => {
  const bases = [{ name: 'edge', id: '9f8e7d6c' }];
  const delta = isoReadme({ ...bare, bundles: [{ ...bundle, mode: 'delta', bases }] });
  expect(delta).toContain(
    '    kind     delta: only what is new, see below\r\n    base     edge 9f8e7d6c\r\n',
  );
  expect(delta).toContain('  palette-edge apply edge.tar.zst --base OLD --output NEW.tar.zst\r\n');
  const squeezed = isoReadme({ ...bare, bundles: [{ ...bundle, mode: 'squeezed' }] });
  expect(squeezed).toContain('  palette-edge unsqueeze edge.tar.zst --output NEW.tar.zst\r\n');
  for (const text of [delta, squeezed]) {
    expect(text).not.toMatch(/beside the installation drive|nothing to unpack/);
    for (const line of text.split('\r\n')) expect(line.length).toBeLessThanOrEqual(80);
  }
  const both = isoReadme({
    ...bare,
    bundles: [
      { ...bundle, mode: 'delta', bases },
      { ...bundle, path: 'b.zst' },
    ],
  });
  expect(both).toContain('  palette-edge serve b.zst --listen 0.0.0.0:5080\r\n');
  expect(both).toContain('  palette-edge serve edge.tar.zst --base OLD --listen 0.0.0.0:5080\r\n');
});
