/** Modules of the guest's kernel, in the order in which they need each other. */
export const guestModules: readonly string[] = [
  'scsi_common',
  'scsi_mod',
  'virtio_ring',
  'virtio',
  'virtio_pci_modern_dev',
  'virtio_pci_legacy_dev',
  'virtio_pci',
  'virtio_scsi',
  'sd_mod',
  'cdrom',
  'sr_mod',
  'isofs',
  'fat',
  'vfat',
  'nls_cp437',
  'nls_ascii',
];

/** Folders that only boot loaders read: hashing them takes a slow guest longer than to start. */
const passedOver = ['boot', 'isolinux', 'EFI', 'System'];

/**
 * The first process of the guest, for the shell of busybox. It mounts every disk, CD and partition that holds a file system, by the
 * kernel itself, and says on the serial console what is there, in lines that begin with `@@`.
 */
export const guestInit = `#!/bin/busybox sh
b=/bin/busybox
$b mount -t devtmpfs devtmpfs /dev
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
exec >/dev/ttyS0 2>&1
for m in ${guestModules.join(' ')}; do $b insmod /modules/$m.ko || echo "insmod $m failed"; done
# Disks appear when their driver has asked for them; the last one that was attached is the last one to appear.
want=$($b sed -n 's/.*disks=\\([0-9]*\\).*/\\1/p' /proc/cmdline)
while set -- /sys/block/s[dr]*; [ ! -e "$1" ] || [ $# -lt "\${want:-1}" ]; do $b usleep 50000; done
$b usleep 100000
echo "@@firmware $([ -d /sys/firmware/efi ] && echo UEFI || echo BIOS)"
for s in /sys/class/block/s[dr]*; do
  n=$($b basename $s)
  type=
  for t in iso9660 vfat; do $b mount -t $t -o ro /dev/$n /mnt 2>/dev/null && { type=$t; break; }; done
  [ -n "$type" ] || continue
  label=
  [ $type = iso9660 ] && label=$($b dd if=/dev/$n bs=1 skip=32808 count=32 2>/dev/null)
  echo "@@volume $n $type $label"
  cd /mnt
  $b find . -type f ${passedOver.map((name) => `! -path './${name}/*'`).join(' ')} | $b sort | while read -r f; do
    echo "@@file $n $($b sha256sum "$f" || echo unreadable "$f")"
  done
  [ ! -f SHA256SUMS ] || { $b sha256sum -c SHA256SUMS >/tmp.sums 2>&1 && echo "@@sums $n right" || { echo "@@sums $n wrong"; $b cat /tmp.sums; }; }
  cd /
  $b umount /mnt
done
$b dmesg | $b grep -E 'GPT:|beyond end of device' | $b sed 's,^,@@kernel ,'
echo "@@end"
$b poweroff -f
`;
