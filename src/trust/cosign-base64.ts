/**
 * The bytes of a text in base64 as cosign writes it (RFC 4648, section 4): padded, and without bits that mean nothing.
 *
 * @returns undefined for anything else
 */
export function cosignBase64(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string' || text === '') return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
