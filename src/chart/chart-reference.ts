import { PaletteEdgeError } from '../errors.ts';
import { formatReference, parseReference } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';

/**
 * The name that a chart of an HTTP repository has in a bundle: `HOST/PATH/NAME:VERSION`, so that `helm pull oci://…` finds it
 * where a bundle is served or pushed. What a name in a registry cannot have is replaced: `+` of the version by `_`, as
 * Helm does; capital letters by small ones; anything else by `-`.
 *
 * @param repository the repository's URL
 * @throws PaletteEdgeError `CHART_NAME_INVALID` (kind content) when nothing is left to name it by
 */
export function chartReference(
  repository: URL,
  { name, version }: { readonly name: string; readonly version: string },
): Reference {
  const path = [...decodePath(repository.pathname).split('/'), name]
    .map(component)
    .filter((part) => part !== '');
  const text = `${hostOf(repository)}/${path.join('/')}:${chartTag(version)}`;
  try {
    const reference = parseReference(text);
    // The host must not be taken for a part of a name on Docker Hub.
    if (formatReference(reference) === text) return reference;
  } catch (error) {
    if (!(error instanceof PaletteEdgeError)) throw error;
  }
  throw new PaletteEdgeError(
    'CHART_NAME_INVALID',
    `${JSON.stringify(text)} cannot name a chart in a registry`,
    {
      kind: 'content',
      suggestions: ['Package the chart again, with a shorter name or version.'],
    },
  );
}

/** The tag of a version (helm.sh/docs/topics/registries): tags have no `+`. */
export function chartTag(version: string): string {
  return version.replaceAll('+', '_');
}

/** The version of a tag. */
export function versionOfTag(tag: string): string {
  return tag.replaceAll('_', '+');
}

function hostOf({ hostname, port, protocol }: URL): string {
  const host = hostname.replace(/\.$/, '').replaceAll('_', '-');
  const isNamed = /[.:]/.test(host) || host === 'localhost';
  // A name without dots is a registry only with a port.
  const shownPort = port !== '' ? port : isNamed ? '' : protocol === 'http:' ? '80' : '443';
  return shownPort === '' ? host : `${host}:${shownPort}`;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function component(text: string): string {
  const plain = text.toLowerCase().replaceAll(/[^a-z0-9._-]+/g, '-');
  const joined = plain.replaceAll(/[._-]{2,}/g, (run) => (/^(?:__|-+)$/.test(run) ? run : '-'));
  return joined.replaceAll(/^[._-]+|[._-]+$/g, '');
}
