/** Spoils a byte. */
export function flip(bytes: Buffer, position: number): Buffer {
  bytes.writeUInt8(bytes.readUInt8(position) ^ 0x10, position);
  return bytes;
}
