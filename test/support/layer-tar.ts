import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';

import { onePiece } from '../../src/oci/one-piece.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { mergeFindings } from '../../src/report/packages/merge-findings.ts';
import { scanLayer } from '../../src/report/packages/scan-layer.ts';
import type { ScannedLayer } from '../../src/report/packages/merged-root.ts';
import type { ImagePackages } from '../../src/report/package.ts';

/** Content of a file, or what a link names. */
type LayerContent = string | Uint8Array | { readonly to: string } | { readonly same: string };

/** The members of a layer. */
export type LayerMembers = Readonly<Record<string, LayerContent>>;

/** The same members give the same bytes. */
const mtime = new Date(0);

/** The bytes of a layer, not compressed. `{ to }` is a symbolic link, `{ same }` a hard one, a path with a slash at its end a folder. */
export async function layerTar(members: LayerMembers): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(members)) {
    if (name.endsWith('/')) tar.entry({ name, mtime, type: 'directory' });
    else if (typeof content === 'string' || content instanceof Uint8Array)
      tar.entry({ name, mtime, mode: 0o755 }, Buffer.from(content));
    else if ('to' in content) tar.entry({ name, mtime, type: 'symlink', linkname: content.to });
    else tar.entry({ name, mtime, type: 'link', linkname: content.same });
  }
  tar.finalize();
  return await buffer(tar);
}

/** A layer that was made of these members and scanned. Its digest is that of its tar. */
export async function scannedLayer(members: LayerMembers): Promise<ScannedLayer> {
  const tar = await layerTar(members);
  return {
    digest: digestOf(tar),
    findings: await scanLayer(onePiece(tar), new AbortController().signal),
  };
}

/** The packages of an image of such layers, the lowest first. */
export async function imageOf(...layers: readonly LayerMembers[]): Promise<ImagePackages> {
  return mergeFindings(await Promise.all(layers.map(scannedLayer)));
}
