import { expect, test } from 'vitest';

import { truncatedBundle, damagedBundle } from '../../src/bundle/bundle-error.ts';
import { driveAgain } from '../../src/io/drive-again.ts';
import { parseChecksums } from '../../src/iso/iso-checksums.ts';
import { damagedIso, truncatedIso } from '../../src/iso/iso-error.ts';

test.each(['/dev/sdb', '/dev/disk/by-id/usb-SanDisk-0:0', '/dev/sdb:edge.tar.zst'])(
  '%s is a drive, and written again',
  (place) => {
    expect(driveAgain(place)).toMatch(/^Write the drive again: palette-edge usb write /);
  },
);

test.each(['stick.iso', '/dev/shm/stick.iso', '/dev/fd/63', '/dev/stdin', 'dev/sdb', '/devices/stick.iso'])(
  '%s is none',
  (place) => {
    expect(driveAgain(place)).toBeUndefined();
  },
);

test.each([damagedIso, truncatedIso, damagedBundle, truncatedBundle])('%o tells that of a drive', (error) => {
  expect(error('/dev/sdb', 'of a test').suggestions).toEqual([driveAgain('/dev/sdb')]);
  expect(error('stick.iso', 'of a test').suggestions.join()).toMatch(/copy/i);
});

test('so does the list of checksums on it', () => {
  expect(() => parseChecksums('<html>', '/dev/sdb:SHA256SUMS')).toThrow(
    expect.objectContaining({ suggestions: [driveAgain('/dev/sdb')] }),
  );
});
