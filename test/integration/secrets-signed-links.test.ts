import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import { digestOf, toDigest } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { walkImage } from '../../src/oci/image-graph.ts';
import { behindBasic, buildWithSecrets, refuse, secrets, signature } from '../support/build-with-secrets.ts';
import type { Answer } from '../support/build-with-secrets.ts';
import { startServer, unusedHost } from '../support/loopback-server.ts';
import { secretsIn } from '../support/planted-secrets.ts';
import { requireTool } from '../support/required-tools.ts';
import { addImage, MemoryBlobs } from '../support/sample-images.ts';
import { withoutWaits } from '../support/without-waits.ts';

describe('a build of blobs behind signed links', () => {
  test.each<[what: string, storage: Answer | 'nowhere' | undefined, exit: number]>([
    ['that work', undefined, 0],
    ['that are refused', refuse(403), 6],
    ['that lead nowhere', 'nowhere', 6],
  ])('%s', async (...[, storage, exit]) => {
    const { blobs, serve } = await sampleRegistry();
    const good: Answer = ({ url = '' }, response) => response.end(blobs.find(digestIn(url)));
    const answer = storage === undefined || storage === 'nowhere' ? good : storage;
    const host = storage === 'nowhere' ? await unusedHost() : (await startServer(answer)).host;
    const link = (digest: string) => `http://${host}/${digest}?X-Amz-Signature=${signature}&user=edge`;
    const { code, leaks, folder, stdout, stderr, seenByOthers } = await buildWithSecrets({
      answer: behindBasic(serve(link)),
      args: (registry) => ['--plain-http', registry, '--plain-http', host],
      env: withoutWaits,
      isWatched: true,
    });
    expect({ code, leaks, told: stdout + stderr }).toMatchObject({ code: exit, leaks: [] });
    expect(seenByOthers).toContain('--plain-http');
    const bundle = exit === 0 ? await unpacked(join(folder, 'b.tar.zst')) : '';
    expect(bundle.includes('org/app')).toBe(exit === 0);
    expect(secretsIn(bundle, secrets)).toEqual([]);
  });
});

/** One small image, as a registry serves it that has its blobs behind links. */
async function sampleRegistry() {
  const blobs = new MemoryBlobs();
  const root = addImage(blobs, 'hello');
  const fetch = async ({ digest }: { readonly digest: typeof root.digest }) =>
    await Promise.resolve(blobs.get(digest));
  await walkImage('app', root, { fetch, platforms: undefined });
  const serve =
    (link: (digest: string) => string): Answer =>
    ({ url = '' }, response) => {
      if (url.includes('/blobs/')) {
        response.writeHead(307, { location: link(digestIn(url)) }).end();
        return;
      }
      const bytes = url.endsWith('/1') ? blobs.get(root.digest) : blobs.find(digestIn(url));
      if (bytes === undefined) response.writeHead(404).end();
      else
        response
          .writeHead(200, { 'content-type': root.mediaType, 'docker-content-digest': digestOf(bytes) })
          .end(bytes);
    };
  return { blobs, serve };
}

function digestIn(url: string): Digest {
  return toDigest(/(?<=sha256:)[0-9a-f]{64}/.exec(url)?.[0] ?? '');
}

async function unpacked(path: string): Promise<string> {
  const options = { encoding: 'latin1', maxBuffer: 64 * 1024 * 1024 } as const;
  return (await promisify(execFile)(requireTool('zstd'), ['-dc', path], options)).stdout;
}
