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
  const fields: [flag: number, bytes: Uint8Array][] = [];
  if (extra !== undefined) {
    fields.push([4, Buffer.concat([Uint8Array.of(extra.length & 255, extra.length >> 8), extra])]);
  }
  if (name !== undefined) fields.push([8, Buffer.from(`${name}\0`, 'latin1')]);
  if (comment !== undefined) fields.push([16, Buffer.from(`${comment}\0`, 'latin1')]);
  const flags = fields.reduce((sum, [flag]) => sum + flag, check ? 2 : 0);
  const beginning = Uint8Array.of(0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, system);
  const bytes = Buffer.concat([beginning, ...fields.map(([, field]) => field)]);
  if (!check) return bytes;
  const sum = crc32(bytes);
  return Buffer.concat([bytes, Uint8Array.of(sum & 255, (sum >> 8) & 255)]);
}
