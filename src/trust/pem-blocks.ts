import { invalidKey } from './trust-error.ts';

/** Bytes of a file with keys; an encrypted RSA key of 16384 bits has a fifth of it. */
export const maximumKeyFile = 64 * 1024;

/** A block of a PEM file (RFC 7468, section 2). */
export interface PemBlock {
  /** `PUBLIC KEY`, `ENCRYPTED PRIVATE KEY`, … */
  readonly label: string;
  /** From its first dash to its last. */
  readonly text: string;
}

/**
 * The blocks of a PEM file, in order. Text around them is passed over, as openssl does.
 *
 * @param name the file, for messages
 * @throws PaletteEdgeError `KEY_INVALID` (kind usage) for a file that is too large, or has none
 */
export function pemBlocks(bytes: Uint8Array, name: string): readonly PemBlock[] {
  if (bytes.length > maximumKeyFile)
    throw invalidKey(name, `it has more than ${maximumKeyFile} bytes`, 'Name a PEM file.');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const blocks: PemBlock[] = [];
  for (let rest = nextBlock(text, 0); rest !== undefined; rest = nextBlock(text, rest.end))
    blocks.push(rest.block);
  if (blocks.length > 0) return blocks;
  throw invalidKey(
    name,
    'it is not in PEM',
    'A key in DER becomes PEM with: openssl pkey -inform DER -in KEY -out KEY.pem (public keys: with -pubin)',
  );
}

function nextBlock(
  text: string,
  from: number,
): { readonly block: PemBlock; readonly end: number } | undefined {
  const begin = /-----BEGIN ([A-Z0-9 ]{1,60})-----/g;
  begin.lastIndex = from;
  const found = begin.exec(text);
  if (found === null) return undefined;
  const [, label = ''] = found;
  const last = `-----END ${label}-----`;
  const position = text.indexOf(last, begin.lastIndex);
  if (position === -1) return undefined;
  const end = position + last.length;
  return { block: { label, text: text.slice(found.index, end) }, end };
}
