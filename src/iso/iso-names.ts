import type { RandomAccess } from '../io/random-access.ts';
import { isoSectorSize } from './iso-entry.ts';
import { damagedIso } from './iso-error.ts';
import { parseIsoRecord } from './iso-record.ts';
import type { IsoRecord } from './iso-record.ts';
import type { IsoExtent, IsoVolume } from './iso-volume.ts';
import { readRockRidge, rockRidgeSkip } from './rock-ridge.ts';
import type { RockRidge } from './rock-ridge.ts';

/** What a record stands for. */
interface NamedRecord extends Pick<RockRidge, 'childSector' | 'isMoved'> {
  /** No slash, no dots alone. */
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

const plain: RockRidge = { name: undefined, kind: undefined, childSector: undefined, isMoved: false };

/** Fields of one record that lie elsewhere. */
const largestContinuation = 16 * 1024;

/** The names of an image, in one of the three ways in which it may have them. */
export class IsoNames {
  readonly #image: RandomAccess;
  readonly #place: string;
  /** Bytes before Rock Ridge's fields. */
  readonly #skip: number | undefined;
  readonly #isJoliet: boolean;
  /** Of continuation areas, all together: each is read once at the most by an honest image. */
  #budget: number;

  private constructor(
    image: RandomAccess,
    place: string,
    { skip, isJoliet }: { readonly skip: number | undefined; readonly isJoliet: boolean },
  ) {
    this.#image = image;
    this.#place = place;
    this.#skip = skip;
    this.#isJoliet = isJoliet;
    this.#budget = 64 * 1024 * 1024;
  }

  /** Rock Ridge where it is there, else Joliet, else what ISO 9660 has. */
  static async choose(
    image: RandomAccess,
    { root, jolietRoot }: IsoVolume,
    place: string,
  ): Promise<{ readonly names: IsoNames; readonly root: IsoExtent }> {
    const skip = await skipOf(image, root, place);
    const isJoliet = skip === undefined && jolietRoot !== undefined;
    return { names: new IsoNames(image, place, { skip, isJoliet }), root: isJoliet ? jolietRoot : root };
  }

  /** @throws PaletteEdgeError `ISO_DAMAGED` (kind content) for a name that cannot be one */
  async read(record: IsoRecord): Promise<NamedRecord> {
    const rockRidge = this.#skip === undefined ? plain : await this.#rockRidge(record, this.#skip);
    const { childSector, isMoved, kind = record.isDirectory ? 'folder' : 'file' } = rockRidge;
    const name = rockRidge.name === undefined ? this.#plainName(record) : textOf(rockRidge.name);
    if (!isFileName(name)) throw damagedIso(this.#place, `${JSON.stringify(name)} cannot name a file`);
    // The record must agree, but where a folder was moved from.
    const isAgreed = childSector !== undefined || record.isDirectory === (kind === 'folder');
    if (!isAgreed) throw damagedIso(this.#place, `${JSON.stringify(name)} is a folder and none`);
    return { name, kind, childSector, isMoved };
  }

  async #rockRidge({ systemUse }: IsoRecord, skip: number): Promise<RockRidge> {
    const found = await readRockRidge(systemUse.subarray(skip), async ({ sector, offset, size }) => {
      const position = sector * isoSectorSize + offset;
      this.#budget -= size;
      if (size > largestContinuation || this.#budget < 0 || position + size > this.#image.size) {
        throw damagedIso(this.#place, 'the fields of a file are outside of it, or too many');
      }
      return Buffer.from(await this.#image.read(position, size));
    });
    if (found === undefined) throw damagedIso(this.#place, 'the fields of a file make no sense');
    return found;
  }

  #plainName({ identifier }: IsoRecord): string {
    const bytes = Buffer.from(identifier);
    const name = this.#isJoliet ? utf16(bytes) : bytes.toString('latin1');
    return name.replace(/;\d+$/, '').replace(/(?<=.)\.$/, '');
  }
}

async function skipOf(
  image: RandomAccess,
  { sector, size }: IsoExtent,
  place: string,
): Promise<number | undefined> {
  const length = Math.min(size, isoSectorSize);
  if (sector * isoSectorSize + length > image.size)
    throw damagedIso(place, 'its root folder is outside of it');
  const bytes = Buffer.from(await image.read(sector * isoSectorSize, length));
  const first = parseIsoRecord(bytes, 0, length);
  if (first === undefined) throw damagedIso(place, 'its root folder has no records');
  return rockRidgeSkip(first.systemUse);
}

/** Joliet's names are big-endian. */
function utf16(bytes: Buffer): string {
  const even = bytes.subarray(0, bytes.length - (bytes.length % 2));
  return Buffer.from(even).swap16().toString('utf16le');
}

function isFileName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name);
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('latin1');
  }
}
