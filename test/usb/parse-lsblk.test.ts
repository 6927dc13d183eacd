import { describe, expect, test } from 'vitest';

import { parseLsblk } from '../../src/usb/parse-lsblk.ts';

const device = {
  kname: '/dev/sdb',
  'maj:min': '8:16',
  type: 'disk',
  rm: true,
  hotplug: true,
  ro: false,
  tran: 'usb',
  vendor: 'Maker   ',
  model: 'Stick',
  serial: '42',
  size: 8_000_000_000,
  'log-sec': 512,
  fstype: 'vfat',
  label: null,
  partlabel: 'DATA',
  mountpoint: null,
};

function parse(...devices: readonly unknown[]) {
  return parseLsblk(JSON.stringify({ blockdevices: devices }));
}

test('a drive of today, with what is on it', () => {
  const part = {
    ...device,
    kname: '/dev/sdb1',
    'maj:min': '8:17',
    type: 'part',
    label: 'L',
    mountpoint: '/m',
  };
  expect(parse({ ...device, children: [part] })).toEqual([
    {
      path: '/dev/sdb',
      number: '8:16',
      type: 'disk',
      hasRemovableMedium: true,
      isHotplug: true,
      isReadOnly: false,
      transport: 'usb',
      vendor: 'Maker',
      model: 'Stick',
      serial: '42',
      size: 8_000_000_000,
      sectorSize: 512,
      content: 'vfat',
      label: 'DATA',
      mountPoint: undefined,
      children: [
        expect.objectContaining({ path: '/dev/sdb1', number: '8:17', label: 'L', mountPoint: '/m' }),
      ],
    },
  ]);
});

test('an lsblk of util-linux 2.32 writes numbers and switches as text', () => {
  const old = { ...device, rm: '1', hotplug: '0', ro: '1', size: '8000000000', 'log-sec': '4096' };
  expect(parse(old)).toMatchObject([
    { hasRemovableMedium: true, isHotplug: false, isReadOnly: true, size: 8_000_000_000, sectorSize: 4096 },
  ]);
});

test('texts that a drive says of itself are one short line', () => {
  const long = { ...device, model: 'a\u001B[2Jb\nc', serial: 'x'.repeat(1000), vendor: '   ' };
  expect(parse(long)).toMatchObject([
    { model: 'a [2Jb c', serial: expect.stringMatching(/^x{128}…$/), vendor: undefined },
  ]);
});

describe('something else is refused:', () => {
  test.each([
    ['no JSON', 'NAME MAJ:MIN'],
    ['no list', '{}'],
    ['a device that is none', '{"blockdevices": [7]}'],
    ['a device without a name', JSON.stringify({ blockdevices: [{ ...device, kname: null }] })],
    ['a device that is not in /dev', JSON.stringify({ blockdevices: [{ ...device, kname: 'sdb' }] })],
    ['a device without a number', JSON.stringify({ blockdevices: [{ ...device, 'maj:min': '8' }] })],
    ['a tree without an end', nested(40)],
  ])('%s', (_what, text) => {
    expect(() => parseLsblk(text)).toThrow(expect.objectContaining({ code: 'USB_TOOL_FAILED' }));
  });

  function nested(depth: number): string {
    let tree: object = device;
    for (let level = 0; level < depth; level += 1) tree = { ...device, children: [tree] };
    return JSON.stringify({ blockdevices: [tree] });
  }
});
