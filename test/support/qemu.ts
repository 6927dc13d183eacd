import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import type { Guest } from './guest-kernel.ts';
import { requireTool } from './required-tools.ts';

/** A file system that the guest's kernel mounted. */
interface GuestVolume {
  /** `sr0`, `sda`, `sda1`. */
  readonly device: string;
  readonly type: 'iso9660' | 'vfat';
  /** Of an ISO. */
  readonly label: string;
  /** SHA-256 in hex by path; `unreadable` for a file that the kernel could not read. */
  readonly files: Readonly<Record<string, string>>;
  /** What `sha256sum -c SHA256SUMS` said there; undefined without such a file. */
  readonly sums: 'right' | 'wrong' | undefined;
}

/** What the guest said. */
export interface GuestReport {
  readonly firmware: 'BIOS' | 'UEFI';
  readonly volumes: readonly GuestVolume[];
  /** What the kernel had to say of partition tables, and of reads behind the end of a partition. */
  readonly kernel: readonly string[];
}

/** How a machine starts an image. */
export interface Machine {
  readonly firmware: 'BIOS' | 'UEFI';
  readonly from: 'CD' | 'disk';
}

/** A machine that takes longer than this is one that does not start; on a busy one it takes half a minute. */
const limitMs = 5 * 60_000;

/**
 * Of the kernels that images start, and of those that are started directly. Most of them spare an emulated processor what no test looks
 * at: a seventh of the kernel's time.
 */
export const guestArguments = [
  'console=ttyS0 panic=-1 quiet',
  'no_timer_check mitigations=off nokaslr noreplace-smp cryptomgr.notests',
  'tsc=reliable rcupdate.rcu_expedited=1 nowatchdog audit=0 lsm= ipv6.disable=1',
].join(' ');

/**
 * Starts an image in a machine of its own and returns what the guest in it found. Emulated without KVM: that works the same everywhere, and
 * takes some six seconds.
 *
 * @param folder where the firmware keeps its variables
 * @throws Error with all that was on the console when the guest did not come to its end
 */
export async function bootImage(image: string, machine: Machine, folder: string): Promise<GuestReport> {
  const firmware = machine.firmware === 'UEFI' ? await uefi(folder, `${machine.from}.fd`) : [];
  const report = await runMachine(
    [...firmware, ...drive(image, machine.from, 0)],
    `${image} by ${machine.firmware} from ${machine.from}`,
  );
  if (report.firmware !== machine.firmware) throw new Error(`the guest was started by ${report.firmware}`);
  return report;
}

/**
 * Attaches images as disks to a guest that needs none of them to start, and returns what its kernel found on them: for images that do not
 * start, such as an ISO with data or a FAT32 file system. They become `sda`, `sdb`, … in their order.
 */
export async function mountInGuest(
  images: readonly string[],
  { kernel, initrd }: Guest,
): Promise<GuestReport> {
  const append = `${guestArguments} disks=${images.length}`;
  const disks = images.flatMap((image, index) => drive(image, 'disk', index));
  return await runMachine(
    ['-kernel', kernel, '-initrd', initrd, '-append', append, ...disks],
    images.join(', '),
  );
}

function drive(image: string, from: Machine['from'], index: number): string[] {
  // What a guest writes is forgotten.
  const access = from === 'CD' ? 'readonly=on' : 'snapshot=on';
  const device = from === 'CD' ? 'scsi-cd' : 'scsi-hd,removable=on';
  const file = image.replaceAll(',', ',,');
  return [
    '-drive',
    `if=none,id=d${index},format=raw,${access},file=${file}`,
    '-device',
    `${device},drive=d${index},bus=scsi.0,scsi-id=${index}`,
  ];
}

async function uefi(folder: string, name: string): Promise<string[]> {
  const variables = join(folder, name);
  await copyFile(requireTool('/usr/share/OVMF/OVMF_VARS_4M.fd'), variables);
  return [requireTool('/usr/share/OVMF/OVMF_CODE_4M.fd'), variables].flatMap((file, index) => [
    '-drive',
    `if=pflash,format=raw,file=${file}${index === 0 ? ',readonly=on' : ''}`,
  ]);
}

async function runMachine(devices: readonly string[], what: string): Promise<GuestReport> {
  const common = ['-machine', 'q35,accel=tcg', '-cpu', 'Nehalem', '-m', '256', '-nodefaults', '-no-reboot'];
  const console = ['-display', 'none', '-serial', 'stdio', '-device', 'virtio-scsi-pci,id=scsi'];
  const child = spawn(requireTool('qemu-system-x86_64'), [...common, ...console, ...devices], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  const [said, complaints] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  const lines = said.split(/[\r\n]+/).flatMap((line) => /@@(.*)$/.exec(line)?.[1] ?? []);
  if (lines.at(-1) !== 'end') {
    throw new Error(`${what}: the guest did not come to its end:\n${complaints}\n${said.slice(-4000)}`);
  }
  return readReport(lines);
}

function readReport(lines: readonly string[]): GuestReport {
  const rest = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  return {
    firmware: rest('firmware')[0] === 'UEFI' ? 'UEFI' : 'BIOS',
    kernel: rest('kernel'),
    volumes: rest('volume').map((line) => {
      const [device = '', type, label = ''] = line.trim().split(/ +/);
      const sums = rest('sums')
        .find((each) => each.startsWith(`${device} `))
        ?.slice(device.length + 1);
      return {
        device,
        type: type === 'vfat' ? 'vfat' : 'iso9660',
        label,
        files: Object.fromEntries(
          rest('file').flatMap((each) => {
            const [, on, sum = '', path = ''] = /^(\S+) (\S+) +\.\/(.*)$/.exec(each) ?? [];
            return on === device ? [[path, sum]] : [];
          }),
        ),
        sums: sums === 'right' || sums === 'wrong' ? sums : undefined,
      };
    }),
  };
}
