import { encodeFrameTable } from '../../src/bundle/frame-table.ts';
import { inventoryPath, serializeInventory } from '../../src/bundle/inventory.ts';
import type { Inventory } from '../../src/bundle/inventory.ts';
import { encodeHead } from '../../src/bundle/tar-layout.ts';
import type { HeadEntry } from '../../src/bundle/tar-layout.ts';
import { compressFrame, frameCheck } from '../../src/bundle/zstd-frames.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { JsonObject } from './mutate-json.ts';
import type { SampleBundle } from '../support/sample-bundle.ts';
import { openSample } from '../support/sample-bundle.ts';

/** A frame as a liar writes it: bytes, and what the seek table says of them. */
export interface CraftedFrame {
  readonly bytes: Uint8Array;
  readonly contentSize: number;
  /** What the table says; the truth unless given. */
  readonly size?: number;
  readonly check?: number;
}

/** Both sides of a bundle's tar: what its first frame holds, and the rest. */
export interface CraftedTar {
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
}

/** Content of the frames behind the head, in bytes. */
const cutSize = 4096;

/** A bundle of any tar: frames, frame checks and seek table are in order, so that only its content can be refused. */
export function craftBundle({ head, tail }: CraftedTar, cut = cutSize): Buffer {
  return joinFrames([frameOf(head), ...cutsOf(tail, cut).map(frameOf)]);
}

/** Frames with frame checks and a seek table that say of them what they say of themselves. */
export function joinFrames(frames: readonly CraftedFrame[]): Buffer {
  const table = frames.map(({ bytes, contentSize, size = bytes.length, check = frameCheck(bytes) }) => ({
    size,
    contentSize,
    check,
  }));
  return Buffer.concat([...frames.map(({ bytes }) => bytes), encodeFrameTable(table)]);
}

/** A frame as the writer makes it. */
export function frameOf(content: Uint8Array): CraftedFrame {
  return { bytes: compressFrame(content, 1), contentSize: content.length };
}

/** Both sides of a sample's tar. */
export async function tarOf({
  bytes,
}: SampleBundle): Promise<{ readonly head: Buffer; readonly tail: Buffer }> {
  const { frames } = await openSample(bytes);
  const parts: Uint8Array[] = [];
  for await (const part of frames.stream({ start: 0, end: frames.tarSize })) parts.push(Buffer.from(part));
  const tar = Buffer.concat(parts);
  const headSize = frames.contentSize(0);
  return { head: tar.subarray(0, headSize), tail: tar.subarray(headSize) };
}

/** What a crafted head has in place of the sample's. */
export interface HeadChanges {
  /** Gets the inventory as plain JSON, and changes it or gives another: an object, or the bytes themselves. */
  readonly inventory?: (document: MutableInventory) => object | Uint8Array | void;
  readonly entries?: (entries: HeadEntry[]) => HeadEntry[];
}

/** An inventory as whatever a liar wants. */
export interface MutableInventory extends JsonObject {
  files: JsonObject[];
  images: JsonObject[];
  blobs: JsonObject[];
}

/** The head of a sample, with a changed inventory and changed entries: whatever was not changed agrees with the rest. */
export function craftHead({ plan }: SampleBundle, { inventory, entries }: HeadChanges): Buffer {
  const document: MutableInventory = JSON.parse(String(serializeInventory(plan.inventory)));
  const changed = inventory?.(document) ?? document;
  const bytes = changed instanceof Uint8Array ? changed : sortedJson(changed);
  const all = plan.headEntries.map((entry) => (entry.path === inventoryPath ? { ...entry, bytes } : entry));
  return encodeHead(entries?.(all) ?? all);
}

/** As canonical JSON, but of anything: no number is too large, and nothing is left out. */
function sortedJson(document: object): Buffer {
  const sorted = JSON.stringify(document, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : value,
  );
  return Buffer.from(sorted);
}

/** What the inventory says of a file of the head. */
export function describedFile({ path, bytes }: HeadEntry): Inventory['files'][number] {
  return { path, size: bytes.length, digest: digestOf(bytes) };
}

function cutsOf(tail: Uint8Array, cut: number): Uint8Array[] {
  const cuts: Uint8Array[] = [];
  for (let start = 0; start < tail.length; start += cut) cuts.push(tail.subarray(start, start + cut));
  return cuts;
}
