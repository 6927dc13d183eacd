import { StreamBytes } from './stream-bytes.ts';
import { paxSize, readPaxRecords, readTarBlock, tarBlockSize, TarError, textOf } from './tar-block.ts';
import type { TarBlock } from './tar-block.ts';
import { tarPadding } from './tar-header.ts';

/** A file, folder or link of a tar. It can be read until the next one is asked for. */
export interface TarMember {
  /** As it is in the tar: it may be absolute or climb. */
  readonly path: string;
  /** `sparse` is a file whose content is not in the tar as it is. */
  readonly kind: 'file' | 'sparse' | 'folder' | 'symbolicLink' | 'hardLink' | 'other';
  /** What a link names, as it is in the tar. */
  readonly link: string;
  /** Bytes of content, as the tar has it. Nothing says that they will come. */
  readonly size: number;
  /**
   * The next bytes of its content; fewer only at the end of it. Who asks has a limit for `length`.
   *
   * @throws TarError when the tar ends before
   */
  take(length: number): Promise<Buffer>;
  /**
   * The rest of its content. A piece is the reader's until the next is asked for.
   *
   * @throws TarError when the tar ends before
   */
  pieces(): AsyncIterable<Uint8Array>;
}

/** Of a long name or of pax records; nothing real comes near it. */
const maximumExtension = 64 * 1024;

/**
 * The members of a tar that comes as a stream (POSIX.1-2017, pax: "ustar Interchange Format", "pax Extended Header"; GNU's long names,
 * binary sizes and sparse files). Content that nobody reads is passed over. Ends at a block of zeros, or at the end; the stream is
 * read to its end all the same.
 *
 * @throws TarError for what is damaged or cut off, and what the stream throws
 */
export async function* tarMembers(
  tar: AsyncIterable<Uint8Array>,
): AsyncGenerator<TarMember, void, undefined> {
  const bytes = new StreamBytes(tar);
  try {
    let next: Extension = {};
    for (;;) {
      const block = await bytes.take(tarBlockSize);
      // Nothing at all, or a block of zeros: both are an end.
      if (block.every((byte) => byte === 0)) break;
      if (block.length < tarBlockSize) throw new TarError('it is cut off');
      const header = readTarBlock(block);
      if ('xgLK'.includes(header.type)) {
        next = { ...next, ...(await readExtension(bytes, header)) };
        continue;
      }
      if (header.type === 'S') await passSparseMap(bytes, block);
      const content = new MemberContent(bytes, sizeOf(header, next));
      yield memberOf(header, next, content);
      await content.finish();
      next = {};
    }
    await passOver(bytes.pieces(Infinity));
  } finally {
    await bytes.close();
  }
}

/** What is said of a member before its own header. */
interface Extension {
  readonly path?: string | undefined;
  readonly link?: string | undefined;
  readonly size?: number | undefined;
  readonly isSparse?: boolean;
}

/** What a member holds, as far as it was not read yet. */
class MemberContent {
  readonly size: number;
  readonly #bytes: StreamBytes;
  #left: number;

  constructor(bytes: StreamBytes, size: number) {
    this.#bytes = bytes;
    this.size = size;
    this.#left = size;
  }

  async take(length: number): Promise<Buffer> {
    const wanted = Math.min(length, this.#left);
    const taken = await this.#bytes.take(wanted);
    if (taken.length < wanted) throw new TarError('it is cut off');
    this.#left -= taken.length;
    return taken;
  }

  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of this.#bytes.pieces(this.#left)) {
      this.#left -= piece.length;
      yield piece;
    }
    if (this.#left > 0) throw new TarError('it is cut off');
  }

  async finish(): Promise<void> {
    await passOver(this.pieces());
    await passOver(this.#bytes.pieces(tarPadding(this.size)));
  }
}

async function readExtension(bytes: StreamBytes, { type, size }: TarBlock): Promise<Extension> {
  if (size > maximumExtension) throw new TarError('it has a header that is too large');
  const content = await bytes.take(size);
  if (content.length < size) throw new TarError('it is cut off');
  await passOver(bytes.pieces(tarPadding(size)));
  if (type === 'L') return { path: textOf(content) };
  if (type === 'K') return { link: textOf(content) };
  // What is said of all members is never their path or size.
  return type === 'x' ? extensionOf(readPaxRecords(content)) : {};
}

function extensionOf(records: ReadonlyMap<string, string>): Extension {
  const [path, link] = [records.get('GNU.sparse.name') ?? records.get('path'), records.get('linkpath')];
  const isSparse = [...records.keys()].some((key) => key.startsWith('GNU.sparse.'));
  return {
    ...(path !== undefined && { path }),
    ...(link !== undefined && { link }),
    ...(isSparse && { isSparse }),
    size: paxSize(records),
  };
}

/** More blocks, each of which says at its end whether another one follows (GNU tar, "Old GNU Format"). */
async function passSparseMap(bytes: StreamBytes, header: Uint8Array): Promise<void> {
  for (let more = header[482]; more !== undefined && more !== 0;)
    more = (await bytes.take(tarBlockSize))[504];
}

function sizeOf({ type, size }: TarBlock, extension: Extension): number {
  return /[1-6]/.test(type) ? 0 : (extension.size ?? size);
}

function memberOf(header: TarBlock, extension: Extension, content: MemberContent): TarMember {
  const path = extension.path ?? header.path;
  return {
    path,
    kind: extension.isSparse === true && header.type === '0' ? 'sparse' : kindOf(header.type, path),
    link: extension.link ?? header.link,
    size: content.size,
    take: async (length) => await content.take(length),
    pieces: () => content.pieces(),
  };
}

function kindOf(type: string, path: string): TarMember['kind'] {
  // Old tars mark folders with a slash only; `7` is a contiguous file, which everybody takes for any other.
  if ('0\u00007'.includes(type)) return path.endsWith('/') ? 'folder' : 'file';
  return kinds[type] ?? 'other';
}

const kinds: Readonly<Record<string, TarMember['kind']>> = {
  '1': 'hardLink',
  '2': 'symbolicLink',
  '5': 'folder',
  S: 'sparse',
};

async function passOver(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of pieces);
}
