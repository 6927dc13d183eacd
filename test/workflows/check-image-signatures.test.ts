import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { fallbackTag } from '../../src/oci/companion-tags.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { parseReference } from '../../src/oci/reference.ts';
import type { Mirrors } from '../../src/registry/route.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { cosignPayloadType } from '../../src/trust/cosign-payload.ts';
import type { ImageSignatureRule } from '../../src/trust/image-signature-keys.ts';
import { checkImageSignatures } from '../../src/workflows/check-image-signatures.ts';
import type { ImageToCheck } from '../../src/workflows/check-image-signatures.ts';
import { maximumSignatures, maximumSignatureSize } from '../../src/workflows/find-image-signatures.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import {
  addBundle,
  addSignatures,
  cosignStatement,
  envelopeBundle,
  imageSigner,
  messageBundle,
  signedPayload,
} from '../support/image-signatures.ts';
import type { SignedPayload } from '../support/image-signatures.ts';
import { startServer, unusedHost } from '../support/loopback-server.ts';
import { pullingClient } from '../support/pulling-client.ts';
import { pushImage } from '../support/push-image.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { addSbom } from '../support/sample-companions.ts';
import { addImage, addIndex, MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const signer = imageSigner('ecdsa', 'cosign.pub');
const stranger = imageSigner('ecdsa', 'stranger.pub');
const other = digestOf('another image');

/** An index with two platforms; nothing of it is signed. */
function sampleIndex() {
  const blobs = new MemoryBlobs();
  const amd64 = addImage(blobs, 'amd64');
  const arm64 = addImage(blobs, 'arm64', { platform: { os: 'linux', architecture: 'arm64' } });
  return { blobs, amd64, root: addIndex(blobs, [amd64, arm64]) };
}

/** What is pushed by name: a tag, or the digest where it is undefined. */
async function pushAll(
  origin: string,
  blobs: MemoryBlobs,
  pushes: readonly (readonly [Descriptor, string?])[],
) {
  for (const [root, tag] of pushes)
    await pushImage({ origin, repository: 'org/app' }, blobs, { root, tag: tag ?? root.digest });
}

function toCheck(name: string, root: Descriptor): ImageToCheck {
  const { mediaType, digest, size } = root;
  return {
    reference: parseReference(name),
    name,
    origins: [{ kind: 'flag' }],
    graph: { root: { mediaType, digest, size } },
  };
}

function signatureTag({ digest }: Descriptor): string {
  return `${fallbackTag(digest)}.sig`;
}

interface CheckOptions {
  readonly rules?: readonly ImageSignatureRule[];
  readonly mirrors?: Mirrors;
  readonly signal?: AbortSignal;
}

async function check(images: readonly ImageToCheck[], options: CheckOptions = {}) {
  const { rules = [{ prefix: undefined, keys: [signer.key] }], mirrors } = options;
  const { client } = pullingClient({ mirrors });
  const store = await BlobStore.open(join(await temporaryFolder(), 'store'));
  const { signal = new AbortController().signal } = options;
  const context = { registry: client, store, signal, received: { bytes: 0 } };
  const { failures, signatures, images: kept } = await checkImageSignatures(images, rules, context);
  const errors = failures.map(({ error }) => error);
  return { names: kept.map(({ name }) => name), failures, errors, signatures };
}

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
    const { names, failures, signatures: found } = await check([toCheck(`${host}/org/app:1.0`, root)]);
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
    const { signatures, failures } = await check([toCheck(`${host}/org/app:1.0`, root)]);
    expect({ signatures, failures }).toEqual({ signatures: signedOnce, failures: [] });
  });

  test('a good bundle counts, whatever is under the tag of cosign', async () => {
    const { host, origin } = await runningRegistry();
    const { blobs, root } = sampleIndex();
    const bundle = addBundle(blobs, root, { document: envelopeBundle(cosignStatement(root.digest), signer) });
    const tagged = addSignatures(blobs, [signedPayload(root.digest, stranger)]);
    await pushAll(origin, blobs, [[root, '1.0'], [bundle], [tagged, signatureTag(root)]]);
    expect((await check([toCheck(`${host}/org/app:1.0`, root)])).signatures).toEqual(signedOnce);
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
    const { signatures: found } = await check(images);
    expect(found.signedBy).toMatchObject([{ images: 2 }]);
    expect(records.filter(({ path }) => path.endsWith('.sig'))).toHaveLength(1);
  });
});

describe('an image is kept out', () => {
  /** Pushes an image with what `besides` makes, and checks it. */
  async function refused(
    besides: (
      blobs: MemoryBlobs,
      image: ReturnType<typeof sampleIndex>,
    ) => readonly (readonly [Descriptor, string?])[],
  ) {
    const { host, origin } = await runningRegistry();
    const image = sampleIndex();
    const { root } = image;
    const pushes = besides(image.blobs, image);
    await pushAll(origin, image.blobs, [[root, '1.0'], ...pushes]);
    const { names, errors, failures } = await check([toCheck(`${host}/org/app:1.0`, root)]);
    expect({ names, failures }).toMatchObject({ names: [], failures: [{ origins: [{ kind: 'flag' }] }] });
    const error = errors.at(0);
    if (error === undefined) throw new Error('nothing failed');
    expect(error.kind).toBe('content');
    for (const part of [`${host}/org/app:1.0`, root.digest, 'cosign.pub', signer.key.key.id])
      expect(error.message).toContain(part);
    return error;
  }

  function tagged(
    blobs: MemoryBlobs,
    root: Descriptor,
    signed: SignedPayload,
  ): readonly [Descriptor, string] {
    return [addSignatures(blobs, [signed]), signatureTag(root)];
  }

  test('without any signature', async () => {
    const error = await refused((blobs, { root }) => [[addSbom(blobs, root)]]);
    expect(error).toMatchObject({
      code: 'IMAGE_UNSIGNED',
      message: expect.stringMatching(/no signature was found$/),
    });
    expect(error.suggestions.join()).toContain('cosign sign --key KEY');
  });

  test('when only others have signed it', async () => {
    const error = await refused((blobs, { root }) => [
      tagged(blobs, root, signedPayload(root.digest, stranger)),
    ]);
    expect(error.code).toBe('IMAGE_SIGNED_BY_OTHER_KEY');
    expect(error.message).toMatch(/: a signature by none of these keys$/);
  });

  test('when the signature is one of another image', async () => {
    const error = await refused((blobs, { root }) => [tagged(blobs, root, signedPayload(other, signer))]);
    expect(error.code).toBe('IMAGE_SIGNATURE_OF_OTHER');
    expect(error.message).toContain(`by cosign.pub of another image, ${other}`);
  });

  test('when only one of its platforms is signed', async () => {
    const error = await refused((blobs, { amd64 }) => [
      tagged(blobs, amd64, signedPayload(amd64.digest, signer)),
    ]);
    expect(error.code).toBe('IMAGE_UNSIGNED');
  });

  test('when that signature was put beside the index', async () => {
    const error = await refused((blobs, { root, amd64 }) => [
      tagged(blobs, root, signedPayload(amd64.digest, signer)),
    ]);
    expect(error.code).toBe('IMAGE_SIGNATURE_OF_OTHER');
  });

  test('when there is an attestation only', async () => {
    const predicateType = 'https://slsa.dev/provenance/v1';
    const error = await refused((blobs, { root }) => [
      [
        addBundle(blobs, root, {
          document: envelopeBundle(cosignStatement(root.digest, { predicateType }), signer),
          predicateType,
        }),
      ],
    ]);
    expect(error.code).toBe('IMAGE_UNSIGNED');
  });

  test('when an attestation says that it is a signature', async () => {
    const predicateType = 'https://slsa.dev/provenance/v1';
    const document = (root: Descriptor) =>
      envelopeBundle(cosignStatement(root.digest, { predicateType }), signer);
    const error = await refused((blobs, { root }) => [
      [addBundle(blobs, root, { document: document(root) })],
    ]);
    expect(error).toMatchObject({
      code: 'IMAGE_SIGNATURE_UNREADABLE',
      message: expect.stringContaining(`it is an attestation, "${predicateType}"`),
    });
  });

  test('when its signature is no text in base64', async () => {
    const error = await refused((blobs, { root }) => {
      const { payload } = signedPayload(root.digest, signer);
      return [[addSignatures(blobs, [{ payload, signature: '????' }]), signatureTag(root)]];
    });
    expect(error).toMatchObject({
      code: 'IMAGE_SIGNATURE_UNREADABLE',
      message: expect.stringContaining('base64'),
    });
  });

  test('when what is under the tag is too large to be a payload, and says so before it is read', async () => {
    const error = await refused((blobs, { root }) => {
      const payload = Buffer.alloc(maximumSignatureSize + 1, 'x');
      return [[addSignatures(blobs, [{ payload, signature: 'AAAA' }]), signatureTag(root)]];
    });
    expect(error.message).toContain(`${maximumSignatureSize + 1} bytes, over the ${maximumSignatureSize}`);
  });

  test('when a good signature is buried under too many others', async () => {
    const error = await refused((blobs, { root }) => {
      const { payload } = signedPayload(root.digest, signer);
      const good = signedPayload(root.digest, signer);
      const bad = Array.from({ length: maximumSignatures }, () => ({ payload, signature: 'AAAA' }));
      return [[addSignatures(blobs, [good, ...bad]), signatureTag(root)]];
    });
    expect(error.message).toContain(`${maximumSignatures} times: a signature by none of these keys`);
    expect(error.message).toContain(`more than ${maximumSignatures} of them`);
  });

  test.each([
    ['an index', (blobs: MemoryBlobs, { root }: { root: Descriptor }) => addIndex(blobs, [root])],
    ['an image', (blobs: MemoryBlobs) => addImage(blobs, 'not signed')],
  ])('when %s is under the tag', async (_what, make) => {
    const error = await refused((blobs, image) => [[make(blobs, image), signatureTag(image.root)]]);
    expect(['IMAGE_UNSIGNED', 'IMAGE_SIGNATURE_UNREADABLE']).toContain(error.code);
  });

  test('all of them are told together, by name, and the good ones go in', async () => {
    const { host, origin } = await runningRegistry();
    const { blobs, root, amd64 } = sampleIndex();
    const loose = addImage(blobs, 'loose');
    const signatures = addSignatures(blobs, [signedPayload(root.digest, signer)]);
    await pushAll(origin, blobs, [
      [root, 'b'],
      [amd64, 'c'],
      [loose, 'a'],
      [signatures, signatureTag(root)],
    ]);
    const images = [amd64, root, loose].map((image, at) => toCheck(`${host}/org/app:${'cba'[at]}`, image));
    const { names, failures } = await check(images);
    expect(names).toEqual([`${host}/org/app:b`]);
    expect(failures.map(({ name }) => name)).toEqual([`${host}/org/app:a`, `${host}/org/app:c`]);
  });
});

describe('prefixes', () => {
  test('nothing is asked of images that none of them names, nor their registry for signatures', async () => {
    const { host, origin, records } = await runningRegistry();
    const { blobs, root } = sampleIndex();
    await pushAll(origin, blobs, [[root, '1.0']]);
    records.length = 0;
    const rules = [{ prefix: { registry: host, path: 'org/other' }, keys: [signer.key] }];
    const { failures, signatures } = await check([toCheck(`${host}/org/app:1.0`, root)], { rules });
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
    const { errors } = await check([toCheck(`${host}/org/app:1.0`, root)], { rules });
    expect(errors).toMatchObject([{ code: 'IMAGE_SIGNED_BY_OTHER_KEY' }]);
  });

  test('a chart from a registry has to be signed like any image', async () => {
    const { host, origin } = await runningRegistry();
    const { blobs, root } = sampleIndex();
    await pushAll(origin, blobs, [[root, '1.0.0']]);
    const chart = { name: 'app', version: '1.0.0', source: `oci://${host}/org` };
    const { errors } = await check([{ ...toCheck(`${host}/org/app:1.0.0`, root), chart }]);
    expect(errors).toMatchObject([{ code: 'IMAGE_UNSIGNED' }]);
  });

  test('a chart from a web server has no signature beside it, and none is asked', async () => {
    const { root } = sampleIndex();
    const chart = { name: 'demo', version: '1.0.0', source: 'https://charts.example.com' };
    const image = { ...toCheck('charts.example.com/demo:1.0.0', root), chart };
    expect((await check([image])).signatures).toEqual({ signedBy: [], unchecked: 1 });
  });
});

describe('what a registry does not say', () => {
  test('is no missing signature: a registry that cannot be reached', async () => {
    const host = await unusedHost();
    const { root } = sampleIndex();
    const { errors } = await check([toCheck(`${host}/org/app:1.0`, root)]);
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
    const { errors } = await check([toCheck(`${host}/org/app:1.0`, root)]);
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
    const { errors } = await check([toCheck(`${server.host}/org/app:1.0`, root)]);
    expect(errors).toMatchObject([{ code: 'IMAGE_SIGNATURE_UNREADABLE', kind: 'content' }]);
    expect(errors[0]?.message).toContain(other);
  });

  test('an interruption ends the check', async () => {
    const { host } = await runningRegistry();
    const { root } = sampleIndex();
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(check([toCheck(`${host}/org/app:1.0`, root)], { signal })).rejects.toThrow('stop');
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
    const { signatures, failures } = await check([toCheck(`${registry.host}/org/app:1.0`, root)]);
    expect({ signatures, failures }).toEqual({ signatures: signedOnce, failures: [] });
  });

  test('without list and tag the image is unsigned', async () => {
    const blobs = new MemoryBlobs();
    const root = addImage(blobs, 'unsigned');
    await pushAll(`http://${registry.host}`, blobs, [[root, '2.0']]);
    const { errors } = await check([toCheck(`${registry.host}/org/app:2.0`, root)]);
    expect(errors).toMatchObject([{ code: 'IMAGE_UNSIGNED' }]);
  });
});
