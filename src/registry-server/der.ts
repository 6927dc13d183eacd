import { isIPv4 } from 'node:net';

/** Tags of ASN.1 that certificates are made of (X.690, 8.1.2); `context` is one that the surrounding type gives a meaning. */
export const derTags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  context: 0x80,
  constructedContext: 0xa0,
} as const;

/** One value in DER: tag, length, content (X.690, 10.1). */
export function derValue(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const size = content.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(size)]), ...content]);
}

/** Values one after the other, as one. */
export function derSequence(...values: readonly Uint8Array[]): Buffer {
  return derValue(derTags.sequence, ...values);
}

/** A number that is not negative, most significant byte first (X.690, 8.3). */
export function derInteger(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Buffer.from([0]) : bytes.subarray(first);
  // A first bit that is set would make it negative.
  const sign = (digits[0] ?? 0) > 0x7f ? [Buffer.from([0])] : [];
  return derValue(derTags.integer, ...sign, digits);
}

/** An object identifier: `1.2.840.10045.4.3.2` (X.690, 8.19). */
export function derObjectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return derValue(
    derTags.objectIdentifier,
    Buffer.from([first * 40 + second, ...rest.flatMap((part) => base128(part))]),
  );
}

/** A time to the second, in the form that its year asks for (RFC 5280, 4.1.2.5). */
export function derTime(time: Date): Buffer {
  const digits = `${time
    .toISOString()
    .slice(0, 19)
    .replaceAll(/[^0-9]/g, '')}Z`;
  const isShort = time.getUTCFullYear() < 2050;
  return isShort
    ? derValue(derTags.utcTime, Buffer.from(digits.slice(2), 'latin1'))
    : derValue(derTags.generalizedTime, Buffer.from(digits, 'latin1'));
}

/** An IP address in network byte order: 4 or 16 bytes (RFC 5280, 4.2.1.6). */
export function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  // The form of URLs has no IPv4 inside, and at most one gap.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [before = [], after = []] = canonical
    .split('::')
    .map((half) => (half === '' ? [] : half.split(':').map((group) => Number.parseInt(group, 16))));
  const groups = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Buffer.from(groups.flatMap((group) => [group >>> 8, group & 0xff]));
}

function lengthBytes(size: number): number[] {
  if (size < 0x80) return [size];
  const bytes: number[] = [];
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}

function base128(part: number): number[] {
  const bytes = [part % 128];
  for (let rest = Math.floor(part / 128); rest > 0; rest = Math.floor(rest / 128))
    bytes.unshift(0x80 | (rest % 128));
  return bytes;
}
