import { PaletteEdgeError } from '../errors.ts';
import { foundKeys } from './found-keys.ts';
import { entryOf, mapField } from './yaml-fields.ts';
import type { YamlNode } from './yaml-tree.ts';

/**
 * Refuses a manifest file without any Kubernetes object: taken for one, it would add no image, and nobody would notice.
 *
 * @param name the file's, as shown
 * @param roots its documents, templates masked
 * @throws PaletteEdgeError `MANIFEST_INVALID` (kind usage)
 */
export function requireObjects(name: string, roots: readonly YamlNode[]): void {
  if (roots.some(holdsObject)) return;
  const found = roots[0] === undefined ? 'nothing: the file is empty' : foundKeys(roots[0]);
  throw new PaletteEdgeError(
    'MANIFEST_INVALID',
    `${name} holds no Kubernetes object: expected apiVersion and kind, found ${found}`,
    {
      kind: 'usage',
      suggestions: [
        roots.some(isLikelyProfile)
          ? 'It looks like a cluster profile: give it with --profile.'
          : 'Give manifests as they are applied with kubectl; lists of references are given with --images-file.',
      ],
    },
  );
}

function holdsObject(root: YamlNode): boolean {
  if (root.kind === 'list') return root.items.some(isObject);
  return isObject(root);
}

function isObject(node: YamlNode): boolean {
  return entryOf(node, 'apiVersion') !== undefined && entryOf(node, 'kind') !== undefined;
}

function isLikelyProfile(root: YamlNode): boolean {
  const spec = mapField(root, 'spec');
  return ['packs', 'template', 'published', 'draft'].some((key) => entryOf(spec, key) !== undefined);
}
