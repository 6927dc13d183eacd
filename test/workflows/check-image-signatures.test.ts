import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { fallbackTag } from '../../src/oci/companion-tags.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { cosignPayloadType } from '../../src/trust/cosign-payload.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import {
  addBundle,
  addSignatures,
  cosignStatement,
  envelopeBundle,
  messageBundle,
  signedPayload,
} from '../support/image-signatures.ts';
import { startServer, unusedHost } from '../support/loopback-server.ts';
import { pushAll } from '../support/push-all.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { addSbom } from '../support/sample-companions.ts';
import { addImage, addIndex, MemoryBlobs } from '../support/sample-images.ts';
import {
  checkSignatures,
  other,
  sampleIndex,
  signatureTag,
  signer,
  stranger,
  toCheck,
} from './check-signatures.ts';

const signedOnce = { signedBy: [{ key: signer.key.key.id, file: 'cosign.pub', images: 1 }], unchecked: 0 };

describe('with the referrers API', () => {
  test('a signature of the index under the tag of cosign lets it in', async () => {
    const { host, origin, records } = await runningRegistry();
    const { blobs, root } = sampleIndex();
    const signatures = addSignatures(blobs, [
      signedPayload(root.digest, signer),
      signedPayload(other, signer),
      signedPayload(root.digest, stranger),
    ]);
    await pushAll(origin, blobs, [
      [root, '1.0'],
      [signatures, signatureTag(root)],
    ]);
    records.length = 0;
    const {
      names,
      failures,
      signatures: found,
    } = await checkSignatures([toCheck(`${host}/org/app:1.0`, root)]);
    expect({ names, failures, found }).toEqual({
      names: [`${host}/org/app:1.0`],
      failures: [],
      found: signedOnce,
    });
    // Whoever has a good one asks for no more.
    expect(records.filter(({ path }) => path.includes('/referrers/'))).toEqual([]);
  });

  test.each([
    ['an envelope', (root: Descriptor) => envelopeBundle(cosignStatement(root.digest), signer)],
    ['a signature of the manifest', (_root: Descriptor, bytes: Buffer) => messageBundle(bytes, signer)],
  ])('%s among the referrers lets it in', async (_what, documentOf) => {
    const { host, origin } = await runningRegistry();
    const { blobs, root } = sampleIndex();
    const document = documentOf(root, blobs.get(root.digest));
    const bundle = addBundle(blobs, root, { document });
    await pushAll(origin, blobs, [[root, '1.0'], [addSbom(blobs, root)], [bundle]]);
    const { signatures, failures } = await checkSignatures([toCheck(`${host}/org/app:1.0`, root)]);
    expect({ signatures, failures }).toEqual({ signatures: signedOnce, failures: [] });
  });

  test('a good bundle counts, whatever is under the tag of cosign', async () => {
    const { host, origin } = await runningRegistry();
    const { blobs, root } = sampleIndex();
    const bundle = addBundle(blobs, root, { document: envelopeBundle(cosignStatement(root.digest), signer) });
    const tagged = addSignatures(blobs, [signedPayload(root.digest, stranger)]);
    await pushAll(origin, blobs, [[root, '1.0'], [bundle], [tagged, signatureTag(root)]]);
    expect((await checkSignatures([toCheck(`${host}/org/app:1.0`, root)])).signatures).toEqual(signedOnce);
  });

  test('each manifest is asked for once, and every tag of it counts', async () => {
    const { host, origin, records } = await runningRegistry();
    const { blobs, root } = sampleIndex();
    const signatures = addSignatures(blobs, [signedPayload(root.digest, signer)]);
    await pushAll(origin, blobs, [
      [root, '1.0'],
      [root, '1.1'],
      [signatures, signatureTag(root)],
    ]);
    records.length = 0;
    const images = ['1.0', '1.1'].map((tag) => toCheck(`${host}/org/app:${tag}`, root));
    const { signatures: found } = await checkSignatures(images);
    expect(found.signedBy).toMatchObject([{ images: 2 }]);
    expect(records.filter(({ path }) => path.endsWith('.sig'))).toHaveLength(1);
  });
});

describe('prefixes', () => {
  test('nothing is asked of images that none of them names, nor their registry for signatures', async () => {
    const { host, origin, records } = await runningRegistry();
    const { blobs, root } = sampleIndex();
    await pushAll(origin, blobs, [[root, '1.0']]);
    records.length = 0;
    const rules = [{ prefix: { registry: host, path: 'org/other' }, keys: [signer.key] }];
    const { failures, signatures } = await checkSignatures([toCheck(`${host}/org/app:1.0`, root)], { rules });
    expect({ failures, signatures, records }).toEqual({
      failures: [],
      signatures: { signedBy: [], unchecked: 1 },
      records: [],
    });
  });

  test('the key of all images does not sign for those that have one of their own', async () => {
    const { host, origin } = await runningRegistry();
    const { blobs, root } = sampleIndex();
    const signatures = addSignatures(blobs, [signedPayload(root.digest, signer)]);
    await pushAll(origin, blobs, [
      [root, '1.0'],
      [signatures, signatureTag(root)],
    ]);
    const rules = [
      { prefix: undefined, keys: [signer.key] },
      { prefix: { registry: host, path: 'org' }, keys: [stranger.key] },
    ];
    const { errors } = await checkSignatures([toCheck(`${host}/org/app:1.0`, root)], { rules });
    expect(errors).toMatchObject([{ code: 'IMAGE_SIGNED_BY_OTHER_KEY' }]);
  });

  test('a chart from a registry has to be signed like any image', async () => {
    const { host, origin } = await runningRegistry();
    const { blobs, root } = sampleIndex();
    await pushAll(origin, blobs, [[root, '1.0.0']]);
    const chart = { name: 'app', version: '1.0.0', source: `oci://${host}/org` };
    const { errors } = await checkSignatures([{ ...toCheck(`${host}/org/app:1.0.0`, root), chart }]);
    expect(errors).toMatchObject([{ code: 'IMAGE_UNSIGNED' }]);
  });

  test('a chart from a web server has no signature beside it, and none is asked', async () => {
    const { root } = sampleIndex();
    const chart = { name: 'demo', version: '1.0.0', source: 'https://charts.example.com' };
    const image = { ...toCheck('charts.example.com/demo:1.0.0', root), chart };
    expect((await checkSignatures([image])).signatures).toEqual({ signedBy: [], unchecked: 1 });
  });
});

describe('what a registry does not say', () => {
  test('is no missing signature: a registry that cannot be reached', async () => {
    const host = await unusedHost();
    const { root } = sampleIndex();
    const { errors } = await checkSignatures([toCheck(`${host}/org/app:1.0`, root)]);
    expect(errors).toMatchObject([{ code: 'IMAGE_SIGNATURES_UNKNOWN', kind: 'network' }]);
    expect(errors[0]?.message).toContain(root.digest);
  });

  test('is no missing signature: one that refuses to list referrers, behind a signature of somebody else', async () => {
    const registry = await runningRegistry();
    const { blobs, root } = sampleIndex();
    const tagged = addSignatures(blobs, [signedPayload(root.digest, stranger)]);
    await pushAll(registry.origin, blobs, [
      [root, '1.0'],
      [tagged, signatureTag(root)],
    ]);
    const { host } = await startServer(({ url = '', method, headers }, response) => {
      if (url.includes('/referrers/')) {
        response.writeHead(503).end();
        return;
      }
      void (async () => {
        const answer = await fetch(new URL(url, registry.origin), {
          method,
          headers: { accept: headers.accept ?? '*/*' },
        });
        response.writeHead(answer.status, Object.fromEntries(answer.headers));
        response.end(Buffer.from(await answer.arrayBuffer()));
      })();
    });
    const { errors } = await checkSignatures([toCheck(`${host}/org/app:1.0`, root)]);
    expect(errors).toMatchObject([
      {
        code: 'IMAGE_SIGNATURES_UNKNOWN',
        kind: 'network',
        message: expect.stringContaining('none of these keys'),
      },
    ]);
  });

  test('a payload that is not there any more is told of', async () => {
    const { origin } = await runningRegistry();
    const { blobs, root } = sampleIndex();
    const lost = {
      mediaType: cosignPayloadType,
      digest: other,
      size: 10,
      annotations: { 'dev.cosignproject.cosign/signature': 'AAAA' },
    };
    const config = blobs.add('{}', mediaTypes.ociConfig);
    const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [lost] };
    const signature = blobs.addJson(manifest, mediaTypes.ociManifest);
    await pushAll(origin, blobs, [[root, '1.0']]);
    const server = await startServer(({ url = '', method }, response) => {
      void (async () => {
        if (url.endsWith('.sig') || url.endsWith(signature.digest)) {
          const bytes = blobs.get(signature.digest);
          response.writeHead(200, {
            'content-type': signature.mediaType,
            'content-length': bytes.length,
            'docker-content-digest': signature.digest,
          });
          response.end(method === 'HEAD' ? undefined : bytes);
          return;
        }
        const answer = await fetch(new URL(url, origin), { method });
        response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
      })();
    });
    const { errors } = await checkSignatures([toCheck(`${server.host}/org/app:1.0`, root)]);
    expect(errors).toMatchObject([{ code: 'IMAGE_SIGNATURE_UNREADABLE', kind: 'content' }]);
    expect(errors[0]?.message).toContain(other);
  });

  test('an interruption ends the check', async () => {
    const { host } = await runningRegistry();
    const { root } = sampleIndex();
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(checkSignatures([toCheck(`${host}/org/app:1.0`, root)], { signal })).rejects.toThrow('stop');
  });
});

describe('docker-registry, which has no referrers API', () => {
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry();
  });
  afterAll(async () => await registry.stop());

  test('the list under the fallback tag is read', async () => {
    const { blobs, root } = sampleIndex();
    const bundle = addBundle(blobs, root, { document: envelopeBundle(cosignStatement(root.digest), signer) });
    const list = addIndex(blobs, [addSbom(blobs, root), bundle]);
    const origin = `http://${registry.host}`;
    await pushAll(origin, blobs, [[root, '1.0'], [bundle], [list, fallbackTag(root.digest)]]);
    const { signatures, failures } = await checkSignatures([toCheck(`${registry.host}/org/app:1.0`, root)]);
    expect({ signatures, failures }).toEqual({ signatures: signedOnce, failures: [] });
  });

  test('without list and tag the image is unsigned', async () => {
    const blobs = new MemoryBlobs();
    const root = addImage(blobs, 'unsigned');
    await pushAll(`http://${registry.host}`, blobs, [[root, '2.0']]);
    const { errors } = await checkSignatures([toCheck(`${registry.host}/org/app:2.0`, root)]);
    expect(errors).toMatchObject([{ code: 'IMAGE_UNSIGNED' }]);
  });
});
