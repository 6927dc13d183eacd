import { PaletteEdgeError } from '../errors.ts';
import { isRecord } from '../io/is-record.ts';
import { printable } from '../io/printable.ts';
import { maximumParts } from './part-name.ts';

/** What a `….parts.json` says of a bundle that was split (docs/bundle-format.md, "Parts"). */
export interface PartsList {
  readonly tool: { readonly name: string; readonly version: string };
  /** The parts joined; `name` is the file name that they are joined to. */
  readonly bundle: ListedFile & {
    readonly id: string;
    /** What it is encrypted with: `age`; undefined of a bundle that is not. */
    readonly encryption?: string | undefined;
  };
  /** In order. */
  readonly parts: readonly ListedFile[];
}

/** A file as a parts list has it: it lies beside the list. */
export interface ListedFile {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** In hex. */
  readonly sha256: string;
}

/** Most bytes that a parts list may have. */
export const maximumListSize = 8 * 1024 * 1024;

const formatVersion = 1;
const extension = '.parts.json';

/** The name of the list that lies beside the parts of a bundle. */
export function partsListName(bundle: string): string {
  return `${bundle}${extension}`;
}

/** The bundle whose list has that name; undefined when it is no list's name. */
export function bundleOfListName(name: string): string | undefined {
  return name.length > extension.length && name.endsWith(extension)
    ? name.slice(0, -extension.length)
    : undefined;
}

/** The text of a parts list. The same list always gives the same bytes. */
export function encodePartsList({ tool, bundle, parts }: PartsList): string {
  const document = {
    formatVersion,
    tool: { name: tool.name, version: tool.version },
    bundle: { ...listedFile(bundle), id: bundle.id, encryption: bundle.encryption },
    parts: parts.map(listedFile),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** Without anything else that the object may have. */
function listedFile({ name, size, sha256 }: ListedFile): ListedFile {
  return { name, size, sha256 };
}

/**
 * Reads a parts list from outside. Names are plain names of files beside it, each once; sizes add up. Fields that this version does not
 * know are passed over.
 *
 * @param place the list, for messages
 * @throws PaletteEdgeError `PARTS_LIST_INVALID` or `BUNDLE_VERSION_UNSUPPORTED` (kind content)
 */
export function parsePartsList(bytes: Uint8Array, place: string): PartsList {
  const document = parseJson(bytes, place);
  const tool = readTool(document, place);
  if (document['formatVersion'] !== formatVersion) throw unsupported(document, tool.version, place);
  const bundle = readFile(document['bundle'], { at: 'bundle', place });
  const list = document['parts'];
  if (!Array.isArray(list) || list.length === 0 || list.length > maximumParts)
    throw invalidList(place, `parts: expected a list of 1 to ${maximumParts} parts`);
  const parts = list.map((part, index) => readFile(part, { at: `parts[${index}]`, place }));
  const names = new Set([bundle, ...parts].map(({ name }) => name));
  if (names.size !== parts.length + 1) throw invalidList(place, 'a name is there twice');
  const sum = parts.reduce((total, { size }) => total + size, 0);
  if (sum !== bundle.size)
    throw invalidList(
      place,
      `its parts have ${sum} bytes in all; expected ${bundle.size}, as the bundle has`,
    );
  const id = readId(document['bundle'], place);
  return { tool, bundle: { ...bundle, id, ...readEncryption(document['bundle']) }, parts };
}

function parseJson(bytes: Uint8Array, place: string): Record<string, unknown> {
  if (bytes.length > maximumListSize) throw invalidList(place, `it is larger than ${maximumListSize} bytes`);
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw invalidList(place, 'it is not JSON', error);
  }
  if (!isRecord(document)) throw invalidList(place, 'it is no JSON object');
  return document;
}

function readTool({ tool }: Record<string, unknown>, place: string): PartsList['tool'] {
  const { name, version } = isRecord(tool) ? tool : {};
  if (typeof name !== 'string' || typeof version !== 'string')
    throw invalidList(place, 'tool: expected name and version');
  return { name: printable(name, 100), version: printable(version, 100) };
}

interface FieldPlace {
  readonly at: string;
  readonly place: string;
}

function readFile(value: unknown, { at, place }: FieldPlace): ListedFile {
  const { name, size, sha256 } = isRecord(value) ? value : {};
  if (typeof name !== 'string' || !isPlainFileName(name))
    throw invalidList(place, `${at}.name: expected the plain name of a file beside the list`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size <= 0)
    throw invalidList(place, `${at}.size: expected a number of bytes from 1`);
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256))
    throw invalidList(place, `${at}.sha256: expected 64 small hex digits`);
  return { name, size, sha256 };
}

function readId(bundle: unknown, place: string): string {
  const { id } = isRecord(bundle) ? bundle : {};
  if (typeof id === 'string' && /^[0-9a-f]{8}$/.test(id)) return id;
  throw invalidList(place, 'bundle.id: expected 8 small hex digits');
}

/** Only for people: what the parts hold is seen when they are opened. */
function readEncryption(bundle: unknown): { readonly encryption?: string } {
  const { encryption } = isRecord(bundle) ? bundle : {};
  return typeof encryption === 'string' ? { encryption: printable(encryption, 20) } : {};
}

/** No folders, nothing that a terminal would take for a command, nothing hidden behind `.` and `..`. */
function isPlainFileName(name: string): boolean {
  return name.length <= 255 && !/^\.{1,2}$/.test(name) && /^[^/\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u.test(name);
}

function unsupported(
  document: Record<string, unknown>,
  toolVersion: string,
  place: string,
): PaletteEdgeError {
  const found = printable(JSON.stringify(document['formatVersion'] ?? null), 40);
  return new PaletteEdgeError(
    'BUNDLE_VERSION_UNSUPPORTED',
    `the parts list ${place} has format version ${found}; this palette-edge reads version ${formatVersion}`,
    { kind: 'content', suggestions: [`Use palette-edge ${toolVersion} or newer, which wrote it.`] },
  );
}

function invalidList(place: string, reason: string, cause?: unknown): PaletteEdgeError {
  return new PaletteEdgeError('PARTS_LIST_INVALID', `the parts list ${place} is not valid: ${reason}`, {
    kind: 'content',
    cause,
    suggestions: [
      'Copy it again from where it was made.',
      'Or move it away and name one of the parts: those beside it are then joined by their numbers.',
    ],
  });
}
