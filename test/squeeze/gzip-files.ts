import { crc32, deflateRawSync } from 'node:zlib';

/** What a gzip member has besides its stream (RFC 1952, section 2.3). */
export interface MemberFields {
  readonly extra?: Uint8Array;
  readonly name?: string;
  readonly comment?: string;
  /** Whether its head has a check. */
  readonly check?: boolean;
  readonly system?: number;
}

/** One gzip member: its head, a raw stream, its trailer. */
export function member(
  plain: Uint8Array,
  stream: Uint8Array = deflateRawSync(plain),
  fields: MemberFields = {},
): Buffer {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(plain));
  trailer.writeUInt32LE(plain.length % 2 ** 32, 4);
  return Buffer.concat([head(fields), stream, trailer]);
}

function head({ extra, name, comment, check = false, system = 255 }: MemberFields): Buffer {
  const flags =
    (check ? 2 : 0) +
    (extra === undefined ? 0 : 4) +
    (name === undefined ? 0 : 8) +
    (comment === undefined ? 0 : 16);
  const parts: Uint8Array[] = [Uint8Array.of(0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, system)];
  if (extra !== undefined) parts.push(Uint8Array.of(extra.length & 255, extra.length >> 8), extra);
  for (const text of [name, comment]) {
    if (text !== undefined) parts.push(Buffer.from(`${text}\0`, 'latin1'));
  }
  const bytes = Buffer.concat(parts);
  if (!check) return bytes;
  const sum = crc32(bytes);
  return Buffer.concat([bytes, Uint8Array.of(sum & 255, (sum >> 8) & 255)]);
}
