import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { expect } from 'vitest';
import { parseAllDocuments } from 'yaml';

import { temporaryFolder } from './temporary-folder.ts';

interface Mount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
}

/** A container of a pod. */
export interface EmittedContainer {
  readonly args: readonly string[];
  readonly volumeMounts: readonly Mount[];
}

/** An object as a cluster reads it. */
export interface EmittedObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data: Readonly<Record<string, string>>;
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly [EmittedContainer] } };
    readonly templates: readonly { readonly name: string; readonly container?: EmittedContainer }[];
    readonly accessModes: readonly string[];
  };
}

/** The objects of a stream. */
export function objectsOf(text: string): readonly EmittedObject[] {
  return parseAllDocuments(text, { version: '1.1' }).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS();
  });
}

/** Writes what the ConfigMaps bring to where a container has it, below a folder. */
export async function laidOut(
  container: EmittedContainer,
  objects: readonly EmittedObject[],
): Promise<string> {
  const root = await temporaryFolder();
  const maps = new Map(
    objects.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata, data }) => [metadata.name, data]),
  );
  for (const { name, mountPath, subPath = '' } of container.volumeMounts) {
    const text = maps.get(name)?.[subPath];
    if (text === undefined) continue;
    await mkdir(join(root, dirname(mountPath)), { recursive: true });
    await writeFile(join(root, mountPath), text);
  }
  return root;
}
