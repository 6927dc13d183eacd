import { describe, expect, test } from 'vitest';

import { fallbackTag } from '../../src/oci/companion-tags.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { startServer } from '../support/loopback-server.ts';
import { pushAll } from '../support/push-all.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { addSbom } from '../support/sample-companions.ts';
import { addImage, addIndex, MemoryBlobs } from '../support/sample-images.ts';
import { findCompanions, pinned } from './find-companions.ts';

interface ServedDocument {
  readonly body: string | Buffer;
  readonly type?: string;
}

/** A registry of documents by path below `/v2/org/app/`; what is not there is 404. */
async function documentServer(documents: ReadonlyMap<string, ServedDocument>) {
  return await startServer(({ url = '', method }, response) => {
    const found = documents.get(decodeURIComponent(url.slice('/v2/org/app/'.length)));
    if (found === undefined) {
      response.writeHead(url === '/v2/' ? 200 : 404).end();
      return;
    }
    const { body, type = mediaTypes.ociIndex } = found;
    const headers = {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'docker-content-digest': digestOf(body),
    };
    response.writeHead(200, headers).end(method === 'HEAD' ? undefined : body);
  });
}

function listOf(manifests: readonly Descriptor[]): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
}

describe('registries that are of no help', () => {
  test('a registry that refuses to say is a warning that names the image, and the image stays', async () => {
    const { host } = await startServer((_, response) => response.writeHead(403).end());
    const blobs = new MemoryBlobs();
    const image = await pinned(blobs, `${host}/org/app:1.0`, addImage(blobs, 'app'));
    const { images, warnings } = await findCompanions([image]);
    expect(images).toEqual([image]);
    expect(warnings).toMatchObject([{ code: 'REFERRERS_UNKNOWN' }]);
    const [{ message } = { message: '' }] = warnings;
    expect(message).toContain(`not all companions of ${image.name} are known: `);
    expect(message).toContain('answered 403');
    expect(message).toMatch(/; and 3 more like it$/);
  });

  test('a companion that is listed but not there is left out with a warning, and the others are kept', async () => {
    const { host, origin } = await runningRegistry();
    const blobs = new MemoryBlobs();
    const root = addImage(blobs, 'app');
    const sbom = addSbom(blobs, root);
    const gone = { mediaType: mediaTypes.ociManifest, digest: digestOf('gone'), size: 4 };
    const other = { mediaType: 'text/\u001bplain', digest: digestOf('other'), size: 5 };
    await pushAll(origin, blobs, [[root, '1.0'], [sbom]]);
    const proxy = await startServer(({ url = '', method }, response) => {
      void (async () => {
        if (url.includes(`/referrers/${root.digest}`)) {
          response.writeHead(200, { 'content-type': mediaTypes.ociIndex }).end(listOf([gone, other, sbom]));
          return;
        }
        const answer = await fetch(new URL(url, origin), { method });
        const body = Buffer.from(await answer.arrayBuffer());
        response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(body);
      })();
    });
    expect(host).not.toBe(proxy.host);
    const image = await pinned(blobs, `${proxy.host}/org/app:1.0`, root);
    const { names, warnings } = await findCompanions([image]);
    expect(names).toEqual([`${proxy.host}/org/app@${sbom.digest}`]);
    expect(warnings.map(({ code }) => code)).toEqual(['COMPANION_LEFT_OUT', 'REFERRERS_UNKNOWN']);
    expect(warnings[0]?.message).toContain(`${gone.digest}, a companion of ${image.name}, is left out: `);
    expect(warnings[1]?.message).toContain('its media type is "text/\\u001bplain"');
  });

  test('a list of which something is not there is left out, and what is there is kept', async () => {
    const blobs = new MemoryBlobs();
    const root = addImage(blobs, 'app');
    const sbom = addSbom(blobs, root);
    const gone = { mediaType: mediaTypes.ociManifest, digest: digestOf('gone'), size: 4 };
    const list = listOf([sbom, gone]);
    const { host } = await documentServer(
      new Map<string, ServedDocument>([
        [`manifests/${fallbackTag(root.digest)}`, { body: list }],
        [`manifests/${digestOf(list)}`, { body: list }],
        [`manifests/${sbom.digest}`, { body: blobs.get(sbom.digest), type: sbom.mediaType }],
      ]),
    );
    const { names, warnings } = await findCompanions([await pinned(blobs, `${host}/org/app:1.0`, root)]);
    expect(names).toEqual([`${host}/org/app@${sbom.digest}`]);
    expect(warnings.map(({ code }) => code)).toEqual(['COMPANION_LEFT_OUT', 'COMPANION_LEFT_OUT']);
  });

  test('a registry that takes the fallback tag for the digest has no list', async () => {
    const blobs = new MemoryBlobs();
    const root = addIndex(blobs, [addImage(blobs, 'app')]);
    const body = blobs.get(root.digest);
    const { host } = await documentServer(new Map([[`manifests/${fallbackTag(root.digest)}`, { body }]]));
    const { names, warnings } = await findCompanions([await pinned(blobs, `${host}/org/app:1.0`, root)]);
    expect({ names, warnings }).toEqual({ names: [], warnings: [] });
  });

  test('a registry that calls an image its own companion, or two each other’s, is not followed for ever', async () => {
    const blobs = new MemoryBlobs();
    const root = addImage(blobs, 'app');
    const one = addSbom(blobs, root, 'one');
    const two = addSbom(blobs, root, 'two');
    const manifest = ({ digest, mediaType }: Descriptor) =>
      [`manifests/${digest}`, { body: blobs.get(digest), type: mediaType }] as const;
    const { host } = await documentServer(
      new Map<string, ServedDocument>([
        [`referrers/${root.digest}`, { body: listOf([root, one]) }],
        [`referrers/${one.digest}`, { body: listOf([two, one, root]) }],
        [`referrers/${two.digest}`, { body: listOf([one, two]) }],
        ...[root, one, two].map(manifest),
      ]),
    );
    const { names } = await findCompanions([await pinned(blobs, `${host}/org/app:1.0`, root)]);
    expect(names).toEqual([one, two].map(({ digest }) => `${host}/org/app@${digest}`).toSorted());
  });

  test('more referrers than anybody has are cut, with a warning', async () => {
    const blobs = new MemoryBlobs();
    const root = addImage(blobs, 'app');
    const sboms = Array.from({ length: 101 }, (_, position) => addSbom(blobs, root, String(position)));
    const { host } = await documentServer(
      new Map<string, ServedDocument>([
        [`referrers/${root.digest}`, { body: listOf(sboms) }],
        ...sboms.map(
          ({ digest, mediaType }) =>
            [`manifests/${digest}`, { body: blobs.get(digest), type: mediaType }] as const,
        ),
      ]),
    );
    const { names, warnings } = await findCompanions([await pinned(blobs, `${host}/org/app:1.0`, root)]);
    expect(names).toHaveLength(100);
    expect(warnings[0]?.message).toContain('has more than 100 referrers');
  });
});

test('a list that names more than anybody has is left out, and the first of them are kept', async () => {
  const blobs = new MemoryBlobs();
  const root = addImage(blobs, 'app');
  const sboms = Array.from({ length: 101 }, (_, position) => addSbom(blobs, root, String(position)));
  const list = listOf(sboms);
  const { host } = await documentServer(
    new Map<string, ServedDocument>([
      [`manifests/${fallbackTag(root.digest)}`, { body: list }],
      [`manifests/${digestOf(list)}`, { body: list }],
      ...sboms.map(
        ({ digest, mediaType }) =>
          [`manifests/${digest}`, { body: blobs.get(digest), type: mediaType }] as const,
      ),
    ]),
  );
  const { names, warnings } = await findCompanions([await pinned(blobs, `${host}/org/app:1.0`, root)]);
  expect(names).toHaveLength(100);
  expect(names).not.toContain(`${host}/org/app:${fallbackTag(root.digest)}`);
  expect(warnings[0]?.message).toContain('has more than 100 referrers');
});

test('an interruption ends the search', async () => {
  const { host } = await startServer(() => undefined);
  const blobs = new MemoryBlobs();
  const image = await pinned(blobs, `${host}/org/app:1.0`, addImage(blobs, 'app'));
  const interruption = new AbortController();
  const search = findCompanions([image], { signal: interruption.signal });
  interruption.abort(new Error('interrupted'));
  await expect(search).rejects.toThrow('interrupted');
});
