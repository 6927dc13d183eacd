import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';

import { extract as tarExtract } from 'tar-stream';
import { expect } from 'vitest';

import type { PaletteEdgeError } from '../../src/errors.ts';
import type { ContainerRuntime, WantedImage } from '../../src/runtime/container-runtime.ts';

export type Entries = ReadonlyMap<string, Buffer>;

/** What loading the image of a name fails with. */
export type Refusals = ReadonlyMap<string, PaletteEdgeError>;

/** A runtime that has what it was given, and forgets some of it. */
export class MemoryRuntime implements ContainerRuntime {
  readonly name = 'podman';
  readonly place = 'memory';
  readonly archives: Entries[] = [];
  readonly tags: string[] = [];
  readonly takesOneName: boolean;
  readonly needsDockerArchive: boolean;
  readonly forgets: string;
  readonly #refuses: Refusals;

  constructor({
    takesOneName = false,
    needsDockerArchive = false,
    forgets = '',
    refuses = new Map(),
  }: Partial<Pick<MemoryRuntime, 'takesOneName' | 'needsDockerArchive' | 'forgets'>> & {
    readonly refuses?: Refusals;
  } = {}) {
    this.#refuses = refuses;
    this.takesOneName = takesOneName;
    this.needsDockerArchive = needsDockerArchive;
    this.forgets = forgets;
  }

  async load(archive: AsyncIterable<Uint8Array>): Promise<void> {
    const entries = await entriesOf(archive);
    for (const name of namesIn(entries).keys()) {
      const refusal = this.#refuses.get(name);
      if (refusal !== undefined) throw refusal;
    }
    this.archives.push(entries);
  }

  async find(images: readonly WantedImage[]): Promise<ReadonlySet<string>> {
    const held = new Map(this.archives.flatMap((entries) => [...namesIn(entries)]));
    const isWhole = ({ blobs }: WantedImage): boolean =>
      blobs.every((digest) =>
        this.archives.some((entries) => entries.has(digest.replace('sha256:', 'blobs/sha256/'))),
      );
    const names = images.flatMap((image) =>
      image.names.filter((name) => {
        const isTagged = this.tags.includes(name);
        return name !== this.forgets && (held.get(name) === image.root || isTagged) && isWhole(image);
      }),
    );
    return await Promise.resolve(new Set(names));
  }

  async tag(_name: string, other: string): Promise<void> {
    await Promise.resolve(this.tags.push(other));
  }
}

/** What an archive has, by name. */
export async function entriesOf(archive: AsyncIterable<Uint8Array>): Promise<Entries> {
  const entries = new Map<string, Buffer>();
  const copies = Readable.from(
    (async function* () {
      for await (const bytes of archive) yield Buffer.from(bytes);
    })(),
  );
  for await (const entry of copies.pipe(tarExtract())) entries.set(entry.header.name, await buffer(entry));
  return entries;
}

/** What the runtime was given, which must be one archive. */
export function onlyArchive({ archives }: MemoryRuntime): Entries {
  expect(archives).toHaveLength(1);
  return archives.at(0) ?? new Map();
}

/** Names and digests of an archive's `index.json`. */
export function namesIn(entries: Entries): Map<string, string> {
  const index: { manifests: { digest: string; annotations: Record<string, string> }[] } = JSON.parse(
    String(entries.get('index.json')),
  );
  return new Map(
    index.manifests.map(({ digest, annotations }) => [annotations['io.containerd.image.name'] ?? '', digest]),
  );
}
