import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Guest } from './guest-kernel.ts';
import { guestArguments } from './qemu.ts';
import type { Machine } from './qemu.ts';
import { requireTool } from './required-tools.ts';

const run = promisify(execFile);

/** A bootable ISO and how it starts. */
export interface BootableIso {
  readonly path: string;
  readonly machines: readonly Machine[];
}

const everywhere: readonly Machine[] = [
  { firmware: 'BIOS', from: 'CD' },
  { firmware: 'BIOS', from: 'disk' },
  { firmware: 'UEFI', from: 'CD' },
  { firmware: 'UEFI', from: 'disk' },
];

/** What all of them start from. */
export interface BootTree {
  /** Parent of all folders. */
  readonly folder: string;
  /** Root of an installer without any boot loader. */
  readonly root: string;
  /** A FAT file system with GRUB for UEFI. */
  readonly efiImage: string;
}

const grubConfig = `set timeout=0
menuentry guest {
  linux /boot/kernel ${guestArguments}
  initrd /boot/initrd
}
`;

/** Makes the tree of an installer: kernel, first files, a GRUB for UEFI that finds them, and a file where content goes. */
export async function bootTree(folder: string, guest: Guest): Promise<BootTree> {
  const root = join(folder, 'tree');
  await mkdir(join(root, 'boot', 'grub'), { recursive: true });
  await mkdir(join(root, 'opt', 'spectrocloud', 'content'), { recursive: true });
  await copyFile(guest.kernel, join(root, 'boot', 'kernel'));
  await copyFile(guest.initrd, join(root, 'boot', 'initrd'));
  await writeFile(join(root, 'boot', 'grub', 'grub.cfg'), grubConfig);
  await writeFile(join(root, 'opt', 'spectrocloud', 'content', 'Readme.txt'), 'Content goes here.\n');
  const efiImage = join(root, 'boot', 'uefi.img');
  await makeEfiImage(folder, efiImage);
  return { folder, root, efiImage };
}

async function makeEfiImage(folder: string, image: string): Promise<void> {
  const loader = join(folder, 'BOOTX64.EFI');
  const early = join(folder, 'early.cfg');
  await writeFile(early, 'search --no-floppy --file --set=root /boot/kernel\nset prefix=($root)/boot/grub\n');
  const modules = 'iso9660 part_gpt part_msdos fat search search_fs_file configfile linux normal echo test';
  const options = ['-O', 'x86_64-efi', '-c', early, '-p', '/boot/grub', '-o', loader];
  await run(requireTool('grub-mkimage'), [...options, ...modules.split(' ')]);
  const size = String(2 * 1024);
  await run(requireTool('mkfs.vfat'), ['-C', '-i', '50414c45', '-n', 'EFI_LIVE', image, size]);
  await run(requireTool('mmd'), ['-i', image, '::EFI', '::EFI/BOOT']);
  await run(requireTool('mcopy'), ['-i', image, loader, '::EFI/BOOT/BOOTX64.EFI']);
}

/** What `grub-mkrescue` makes: BIOS and UEFI, GPT, an EFI image among the files, and an HFS+ view for old Macs. */
export async function grubRescueIso({ folder, root }: BootTree): Promise<BootableIso> {
  const path = join(folder, 'grub.iso');
  const fewFiles = ['--fonts=', '--locales=', '--themes='];
  await run(requireTool('grub-mkrescue'), [...fewFiles, '-o', path, root, '-volid', 'COS_LIVE']);
  return { path, machines: everywhere };
}

/** ISOLINUX for BIOS with its hybrid MBR, and an EFI image among the files, as Debian's live images are. */
export async function isolinuxIso(boot: BootTree): Promise<BootableIso> {
  const path = join(boot.folder, 'isolinux.iso');
  await makeIsolinuxIso(path, boot, { more: ['-isohybrid-gpt-basdat'] });
  return { path, machines: everywhere };
}

/** As {@link isolinuxIso}, with the EFI image in a partition behind the file system, too: CDs start from the one, disks from the other. */
export async function copiedEfiIso(boot: BootTree, appended = boot.efiImage): Promise<BootableIso> {
  const path = join(boot.folder, 'copied-efi.iso');
  const partition = ['-append_partition', '2', '0xef', appended, '-appended_part_as_gpt'];
  await makeIsolinuxIso(path, boot, { partition });
  return { path, machines: everywhere };
}

async function makeIsolinuxIso(
  path: string,
  { folder, root }: BootTree,
  {
    partition = [],
    more = [],
  }: { readonly partition?: readonly string[]; readonly more?: readonly string[] },
): Promise<void> {
  const tree = join(folder, 'isolinux-tree');
  await cp(root, tree, { recursive: true });
  await mkdir(join(tree, 'isolinux'), { recursive: true });
  for (const file of ['/usr/lib/ISOLINUX/isolinux.bin', '/usr/lib/syslinux/modules/bios/ldlinux.c32']) {
    await copyFile(requireTool(file), join(tree, 'isolinux', file.slice(file.lastIndexOf('/') + 1)));
  }
  const config = `DEFAULT guest\nPROMPT 0\nLABEL guest\n KERNEL /boot/kernel\n INITRD /boot/initrd\n APPEND ${guestArguments}\n`;
  await writeFile(join(tree, 'isolinux', 'isolinux.cfg'), config);
  const bios =
    '-c isolinux/boot.cat -b isolinux/isolinux.bin -no-emul-boot -boot-load-size 4 -boot-info-table';
  const uefi = '-eltorito-alt-boot -e boot/uefi.img -no-emul-boot';
  const mbr = ['-isohybrid-mbr', requireTool('/usr/lib/ISOLINUX/isohdpfx.bin')];
  await makeIso(path, [...partition, ...mbr, ...bios.split(' '), ...uefi.split(' '), ...more], tree);
}

/** UEFI only, with a GPT and the EFI image in a partition behind the file system. */
export async function uefiOnlyIso({ folder, root, efiImage }: BootTree): Promise<BootableIso> {
  const path = join(folder, 'uefi.iso');
  const partition = [
    '-partition_offset',
    '16',
    '-append_partition',
    '2',
    '0xef',
    efiImage,
    '-appended_part_as_gpt',
  ];
  await makeIso(
    path,
    [...partition, ...'-e --interval:appended_partition_2:all:: -no-emul-boot'.split(' ')],
    root,
  );
  return { path, machines: everywhere.filter(({ firmware }) => firmware === 'UEFI') };
}

/** What AuroraBoot makes for CanvOS: GRUB for BIOS with its hybrid MBR, GPT, and the EFI image in a partition behind the file system. */
export async function auroraBootIso(
  { folder, root, efiImage }: BootTree,
  loadSize = '2048',
): Promise<BootableIso> {
  const [path, tree] = [join(folder, 'auroraboot.iso'), join(folder, 'auroraboot-tree')];
  // xorriso adds to an image that is there.
  await rm(path, { force: true });
  await cp(root, tree, { recursive: true });
  const modules = 'iso9660 biosdisk part_gpt part_msdos search search_fs_file configfile linux normal';
  const options = ['-O', 'i386-pc-eltorito', '-p', '/boot/grub', '-o', join(tree, 'boot', 'eltorito.img')];
  await run(requireTool('grub-mkimage'), [...options, ...modules.split(' ')]);
  const mbr = requireTool('/usr/lib/grub/i386-pc/boot_hybrid.img');
  const any = (...values: readonly string[]): string[] =>
    values.flatMap((value) => ['-boot_image', 'any', value]);
  const commands = [
    ['-volid', 'COS_LIVE', '-joliet', 'on', '-padding', '0', '-outdev', path],
    ['-map', tree, '/', '-chmod', '0755', '--'],
    ['-boot_image', 'grub', 'bin_path=/boot/eltorito.img'],
    ['-boot_image', 'grub', `grub2_mbr=${mbr}`, '-boot_image', 'grub', 'grub2_boot_info=on'],
    any('partition_offset=16', 'cat_path=/boot/boot.catalog', 'cat_hidden=on', 'boot_info_table=on'),
    any('platform_id=0x00', 'emul_type=no_emulation', `load_size=${loadSize}`, 'next'),
    any('platform_id=0xef', 'emul_type=no_emulation'),
    ['-append_partition', '2', '0xef', efiImage],
    any('efi_path=--interval:appended_partition_2:all::', 'appended_part_as=gpt', 'mbr_force_bootable=on'),
  ];
  await run(requireTool('xorriso'), commands.flat());
  return { path, machines: everywhere };
}

async function makeIso(path: string, options: readonly string[], tree: string): Promise<void> {
  await run(requireTool('xorriso'), [
    '-as',
    'mkisofs',
    '-V',
    'COS_LIVE',
    '-R',
    '-J',
    '-o',
    path,
    ...options,
    tree,
  ]);
}
