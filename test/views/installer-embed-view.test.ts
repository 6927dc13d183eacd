import { expect, test } from 'vitest';

import { embedView } from '../../src/views/installer-embed-view.ts';

test('what was written, how it starts, what went in, what gave way and what stayed', () => {
  const content = 'opt/spectrocloud/content';
  const view = embedView({
    path: 'shop.iso',
    size: 4_321_000_448,
    sha256: 'ab'.repeat(32),
    label: 'COS_LIVE',
    boots: [
      { firmware: 'BIOS', from: 'CD' },
      { firmware: 'UEFI', from: 'disk' },
    ],
    files: [
      { path: 'config.yaml', size: 412 },
      { path: `${content}/edge.tar.zst_part00`, size: 3_000_000_000 },
    ],
    replaced: ['config.yaml'],
    otherContent: [`${content}/old.tar.zst_part00`],
    warnings: [],
  });
  expect(view).toBe(`Wrote shop.iso
  size         4.32 GB (4321000448 bytes)
  sha256       ${'ab'.repeat(32)}
  label        COS_LIVE
  boots        BIOS from CD, UEFI from disk
  put in       config.yaml, 412 B
  put in       opt/spectrocloud/content/edge.tar.zst_part00, 3.00 GB
  replaced     config.yaml
  still there  opt/spectrocloud/content/old.tar.zst_part00`);
});
