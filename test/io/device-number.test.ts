import { expect, test } from 'vitest';

import { blockDeviceNumber, deviceNumber } from '../../src/io/device-number.ts';
import { loopDevice } from '../support/loop-device.ts';

// As makedev(3) puts them together: the upper bits of the minor number stand above the major number.
test.each([
  [0x810, '8:16'],
  [0x1_0305, '259:5'],
  [0x1230_0845, '8:74565'],
])('%i is %s', (device, number) => {
  expect(deviceNumber(device)).toBe(number);
});

test('a device has the number that its name tells', async () => {
  const { path } = await loopDevice({ size: 1024 * 1024 });
  expect(await blockDeviceNumber(path)).toBe(`7:${path.replace('/dev/loop', '')}`);
});

test('what is no block device has none', async () => {
  expect(await blockDeviceNumber('/dev/null')).toBeUndefined();
  expect(await blockDeviceNumber('/nowhere')).toBeUndefined();
});
