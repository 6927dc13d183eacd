import { describe, expect, test } from 'vitest';

import type { Descriptor } from '../../src/oci/descriptor.ts';
import { maximumSignatures, maximumSignatureSize } from '../../src/workflows/find-image-signatures.ts';
import {
  addBundle,
  addSignatures,
  cosignStatement,
  envelopeBundle,
  signedPayload,
} from '../support/image-signatures.ts';
import type { SignedPayload } from '../support/image-signatures.ts';
import { pushAll } from '../support/push-all.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { addSbom } from '../support/sample-companions.ts';
import { addImage, addIndex } from '../support/sample-images.ts';
import type { MemoryBlobs } from '../support/sample-images.ts';
import {
  checkSignatures,
  other,
  sampleIndex,
  signatureTag,
  signer,
  stranger,
  toCheck,
} from './check-signatures.ts';

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
    const { names, errors, failures } = await checkSignatures([toCheck(`${host}/org/app:1.0`, root)]);
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
    const { names, failures } = await checkSignatures(images);
    expect(names).toEqual([`${host}/org/app:b`]);
    expect(failures.map(({ name }) => name)).toEqual([`${host}/org/app:a`, `${host}/org/app:c`]);
  });
});
