import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

import { PaletteEdgeError } from '../../src/errors.ts';
import { formatOrigin } from '../../src/oci/origin.ts';
import { requestImages } from '../../src/profile/request-images.ts';
import type { YamlDocument } from '../../src/profile/yaml-tree.ts';
import type { ImageRequests, RequestInput, SourceFile } from '../../src/profile/request-images.ts';

/** A file of fixtures/, by its path below it. */
export function fixture(path: string): SourceFile {
  const url = new URL(`../../fixtures/${path}`, import.meta.url);
  return { name: basename(path), text: readFileSync(url, 'utf8') };
}

/** What a pack of a sample profile may say; a text alone is its values. */
export interface SamplePack {
  readonly name?: string;
  readonly type?: string;
  readonly layer?: string;
  readonly version?: string;
  readonly tag?: string;
  readonly server?: string;
  readonly values?: string | null;
  readonly manifests?: readonly object[];
}

/** An export document; packs without a name are called `pack-0`, `pack-1`, … */
export function profileFile(
  packs: readonly (SamplePack | string)[],
  options: { readonly name?: string; readonly type?: string; readonly variables?: readonly object[] } = {},
): SourceFile {
  const { name = 'sample', type = 'add-on', variables = [] } = options;
  const template = {
    type,
    packs: packs.map((pack, position) => ({
      name: `pack-${position}`,
      ...(typeof pack === 'string' ? { values: pack } : pack),
    })),
  };
  const document = { metadata: { name }, spec: { version: '1.0.0', template, variables } };
  return { name: `${name}.json`, text: JSON.stringify(document) };
}

/** Values with an image list. */
export function valuesWith(...images: readonly string[]): string {
  return ['pack:', '  content:', '    images:', ...images.map((image) => `      - image: ${image}`), ''].join(
    '\n',
  );
}

/** Resolves, with everything that is not given left empty. */
export function request(input: Partial<RequestInput>): ImageRequests {
  return requestImages({
    profiles: [],
    images: [],
    lists: [],
    manifests: [],
    variables: new Map(),
    macros: new Map(),
    ...input,
  });
}

/** The names of the images that one profile asks for. */
export function imagesOf(input: Partial<RequestInput>): string[] {
  return request(input).images.map(({ name }) => name);
}

/** Every origin of every image: `name <- origin`. */
export function originsOf(input: Partial<RequestInput>): string[] {
  return request(input).images.flatMap(({ name, origins }) =>
    origins.map((origin) => `${name} <- ${formatOrigin(origin)}`),
  );
}

/** Every warning: `CODE message`. */
export function warningsOf(input: Partial<RequestInput>): string[] {
  return request(input).warnings.map(({ code, message }) => `${code} ${message}`);
}

/** The PaletteEdgeError that resolving ends with; anything else fails the test. */
export function failureOf(input: Partial<RequestInput>): PaletteEdgeError {
  return thrown(() => request(input));
}

/** The one document of a YAML stream. */
export function onlyDocument(documents: readonly YamlDocument[]): YamlDocument {
  const document = documents.at(0);
  if (document === undefined || documents.length > 1) throw new Error(`${documents.length} documents`);
  return document;
}

/** How an action ends: `done`, or the kind of the PaletteEdgeError; anything else fails the test. */
export function outcomeOf(action: () => unknown): string {
  try {
    action();
    return 'done';
  } catch (error) {
    if (error instanceof PaletteEdgeError) return error.kind;
    throw error;
  }
}

/** The PaletteEdgeError that a function throws; anything else fails the test. */
export function thrown(action: () => unknown): PaletteEdgeError {
  try {
    action();
  } catch (error) {
    if (error instanceof PaletteEdgeError) return error;
    throw error;
  }
  throw new Error('expected an error');
}
