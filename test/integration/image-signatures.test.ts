import { execFile } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { fallbackTag } from '../../src/oci/companion-tags.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { parsePublicKeys } from '../../src/trust/public-key.ts';
import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import {
  addBundle,
  addSignatures,
  cosignPayload,
  cosignStatement,
  envelopeBundle,
} from '../support/image-signatures.ts';
import { unusedHost } from '../support/loopback-server.ts';
import { pushImage } from '../support/push-image.ts';
import { requireTool } from '../support/required-tools.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { addImage, addIndex, MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const blobs = new MemoryBlobs();
const arm64 = { os: 'linux', architecture: 'arm64' };
/** Signed with the key of the team, as payload and as bundle; with another key; as another image; not at all. */
const images = {
  signed: addIndex(blobs, [addImage(blobs, 'signed'), addImage(blobs, 'arm', { platform: arm64 })]),
  bundled: addImage(blobs, 'bundled'),
  strange: addImage(blobs, 'strange'),
  replayed: addImage(blobs, 'replayed'),
  unsigned: addImage(blobs, 'unsigned'),
};

let folder: string;
let registry: DockerRegistry;
let keyId: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palette-edge-test-'));
  for (const name of ['team', 'stranger']) await makeKeys(name);
  const key = parsePublicKeys(await readFile(join(folder, 'team.pub')), 'team.pub').at(0);
  keyId = key?.id ?? '';
  registry = await startDockerRegistry();
  for (const [tag, root] of Object.entries(images)) await push(root, tag);
  await sign(images.signed, 'team', images.signed);
  await sign(images.strange, 'stranger', images.strange);
  await sign(images.replayed, 'team', images.signed);
  await pushBundle(images.bundled);
});
afterAll(async () => {
  await registry.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A pair of keys by openssl: NAME.key and NAME.pub. */
async function makeKeys(name: string): Promise<void> {
  const [key, pub] = [join(folder, `${name}.key`), join(folder, `${name}.pub`)];
  await openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key);
  await openssl('pkey', '-in', key, '-pubout', '-out', pub);
}

async function openssl(...args: readonly string[]): Promise<void> {
  await run(requireTool('openssl'), args);
}

async function push(root: Descriptor, tag: string): Promise<void> {
  await pushImage({ origin: `http://${registry.host}`, repository: 'org/app' }, blobs, { root, tag });
}

/** Puts what openssl has signed beside an image. */
async function sign(image: Descriptor, by: string, claimed: Descriptor): Promise<void> {
  const payload = cosignPayload(claimed.digest);
  const [input, output] = [join(folder, 'payload'), join(folder, 'signature')];
  await writeFile(input, payload);
  await openssl('dgst', '-sha256', '-sign', join(folder, `${by}.key`), '-out', output, input);
  const signature = (await readFile(output)).toString('base64');
  await push(addSignatures(blobs, [{ payload, signature }]), `${fallbackTag(image.digest)}.sig`);
}

/** As cosign 3 signs, in a registry without the referrers API. */
async function pushBundle(image: Descriptor): Promise<void> {
  const privateKey = createPrivateKey(await readFile(join(folder, 'team.key')));
  const document = envelopeBundle(cosignStatement(image.digest), { privateKey });
  const bundle = addBundle(blobs, image, { document });
  await push(bundle, bundle.digest);
  await push(addIndex(blobs, [bundle]), fallbackTag(image.digest));
}

function nameOf(tag: string): string {
  return `${registry.host}/org/app:${tag}`;
}

function buildArgs(tags: readonly string[], ...more: readonly string[]): string[] {
  const named = tags.flatMap((tag) => ['--image', nameOf(tag)]);
  const output = more.includes('--output') ? [] : ['--output', 'app.tar.zst'];
  return ['build', ...named, '--plain-http', '127.0.0.1', ...output, ...more];
}

/** All images need the key of the team. */
function withKey(...more: readonly string[]): string[] {
  return ['--verify-image-key', join(folder, 'team.pub'), ...more];
}

test('images that are signed go in, the bundle is the same, and it is told who has signed them', async () => {
  const cwd = await temporaryFolder();
  const plain = await runCliJson<BuildResult>(buildArgs(['signed', 'bundled']), { cwd });
  expect(plain.imageSignatures).toBeUndefined();
  const bytes = await readFile(join(cwd, 'app.tar.zst'));
  const { code, stdout, stderr } = await runCli(buildArgs(['signed', 'bundled'], ...withKey()), { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('signatures of 2 images …') });
  expect(stdout).toContain(`images signed by  ${join(folder, 'team.pub')} (${keyId}): 2 images\n`);
  expect((await readFile(join(cwd, 'app.tar.zst'))).equals(bytes)).toBe(true);
});

test('all images that are not signed as they have to be are told together, and nothing is written', async () => {
  const cwd = await temporaryFolder();
  const { code, stderr } = await runCli(buildArgs(Object.keys(images), ...withKey()), { cwd });
  expect(code).toBe(5);
  expect(stderr).toContain('3 of 5 images failed; no bundle was written');
  const reasons = {
    strange: 'a signature by none of these keys',
    replayed: `a signature by ${join(folder, 'team.pub')} of another image, ${images.signed.digest}`,
    unsigned: 'no signature was found',
  };
  for (const [tag, reason] of Object.entries(reasons))
    expect(stderr).toMatch(
      new RegExp(`${nameOf(tag)}, sha256:[0-9a-f]{64}, has no good signature .*: ${reason}\n`),
    );
  expect(stderr).toContain('cosign sign --key KEY');
  expect(await readdir(cwd)).not.toContain('app.tar.zst');
});

test('a dry run tells it as well', async () => {
  const cwd = await temporaryFolder();
  const refused = await runCli(buildArgs(['unsigned'], '--dry-run', ...withKey()), { cwd });
  expect(refused).toMatchObject({ code: 5, stderr: expect.stringContaining('no signature was found') });
  const planned = await runCli(buildArgs(['signed'], '--dry-run', ...withKey()), { cwd });
  expect(planned).toMatchObject({ code: 0, stdout: expect.stringContaining(`(${keyId}): 1 image\n`) });
});

test('--skip-missing leaves them out, says so, and exits with 8', async () => {
  const cwd = await temporaryFolder();
  const more = withKey('--skip-missing', '--json');
  const { code, stdout } = await runCli(buildArgs(['signed', 'strange', 'unsigned'], ...more), { cwd });
  const result: BuildResult = JSON.parse(stdout);
  expect(code).toBe(8);
  expect(result.images.map(({ reference }) => reference)).toEqual([nameOf('signed')]);
  expect(result.failures.map(({ reference, code: reason }) => [reference, reason])).toEqual([
    [nameOf('strange'), 'IMAGE_SIGNED_BY_OTHER_KEY'],
    [nameOf('unsigned'), 'IMAGE_UNSIGNED'],
  ]);
  expect(result.imageSignatures?.signedBy).toMatchObject([{ images: 1 }]);
});

test('a prefix asks it only of what is below it, and the longest one alone counts', async () => {
  const cwd = await temporaryFolder();
  const { host } = registry;
  const scoped = (prefix: string, key: string): string[] => [
    '--verify-image-key',
    `${prefix}=${join(folder, `${key}.pub`)}`,
  ];
  const elsewhere = await runCli(buildArgs(['unsigned'], ...scoped(`${host}/other`, 'team')), { cwd });
  expect(elsewhere).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/signature not asked +of 1 image\n/),
  });
  const longest = scoped(`${host}/org`, 'stranger');
  expect(await runCli(buildArgs(['signed'], ...withKey(...longest)), { cwd })).toMatchObject({ code: 5 });
  expect(await runCli(buildArgs(['strange'], ...withKey(...longest)), { cwd })).toMatchObject({ code: 0 });
});

test('the signature of an index counts when only one of its platforms is kept, under another name', async () => {
  const cwd = await temporaryFolder();
  const map = ['--arch', 'amd64', '--map', `${registry.host}=registry.site.example.com`];
  const result = await runCliJson<BuildResult>(buildArgs(['signed'], ...map, ...withKey()), { cwd });
  expect(result.images).toMatchObject([
    { reference: 'registry.site.example.com/org/app:signed', digest: images.signed.digest },
  ]);
});

test('what is in the store and in existing bundles is checked like all else', async () => {
  const cwd = await temporaryFolder();
  await runCliJson(buildArgs(['signed', 'unsigned'], '--output', 'old.tar.zst'), { cwd });
  const existing = ['--existing-bundle', 'old.tar.zst', ...withKey()];
  const refused = await runCli(buildArgs(['signed', 'unsigned'], ...existing), { cwd });
  expect(refused).toMatchObject({ code: 5, stderr: expect.stringContaining('1 of 2 images failed') });
  const fresh = ['--store', 'fresh', ...existing];
  const taken = await runCliJson<BuildResult>(buildArgs(['signed'], ...fresh), { cwd });
  expect(taken.imageSignatures?.signedBy).toMatchObject([{ key: keyId, images: 1 }]);
});

test('a registry that cannot be asked for signatures is a failure of the network', async () => {
  const cwd = await temporaryFolder();
  const down = await unusedHost();
  // The image itself comes from the mirror, which then has no signature of it.
  const mirror = await startDockerRegistry();
  try {
    const target = { origin: `http://${mirror.host}`, repository: 'org/app' };
    await pushImage(target, blobs, { root: images.unsigned, tag: 'unsigned' });
    const image = ['build', '--image', `${down}/org/app:unsigned`, '--mirror', `${down}=${mirror.host}`];
    const flags = ['--plain-http', '127.0.0.1', '--output', 'app.tar.zst'];
    expect(await runCli([...image, ...flags], { cwd })).toMatchObject({ code: 0 });
    const refused = await runCli([...image, ...flags, ...withKey()], { cwd });
    expect(refused.code).toBe(6);
    expect(refused.stderr).toContain('has no good signature by');
  } finally {
    await mirror.stop();
  }
});

test('signatures are found on a mirror', async () => {
  const cwd = await temporaryFolder();
  const image = ['build', '--image', 'ghcr.example.com/org/app:signed', '--output', 'app.tar.zst'];
  const mirror = ['--mirror', `ghcr.example.com=${registry.host}`, '--plain-http', '127.0.0.1'];
  const result = await runCliJson<BuildResult>([...image, ...mirror, ...withKey()], { cwd });
  expect(result.imageSignatures?.signedBy).toMatchObject([{ key: keyId, images: 1 }]);
});

describe('resolve --write', () => {
  function writeArgs(tags: readonly string[], ...more: readonly string[]): string[] {
    const named = tags.flatMap((tag) => ['--image', nameOf(tag)]);
    return ['resolve', ...named, '--plain-http', '127.0.0.1', '--write', 'bundle.yaml', ...more];
  }

  test('pins what is signed, and the build checks it again', async () => {
    const cwd = await temporaryFolder();
    expect(await runCli(writeArgs(['signed'], ...withKey()), { cwd })).toMatchObject({ code: 0 });
    expect(await readFile(join(cwd, 'bundle.yaml'), 'utf8')).toContain(images.signed.digest);
    const build = [
      'build',
      '--definition',
      'bundle.yaml',
      '--plain-http',
      '127.0.0.1',
      '--output',
      'app.tar.zst',
    ];
    const result = await runCliJson<BuildResult>([...build, ...withKey()], { cwd });
    expect(result.imageSignatures?.signedBy).toMatchObject([{ key: keyId, images: 1 }]);
  });

  test('writes nothing when an image is not, and cannot do it without asking anybody', async () => {
    const cwd = await temporaryFolder();
    const refused = await runCli(writeArgs(['signed', 'unsigned'], ...withKey()), { cwd });
    expect(refused).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('1 of 2 images could not be pinned'),
    });
    expect(refused.stderr).not.toContain('--offline');
    const offline = await runCli(writeArgs(['signed'], '--offline', ...withKey()), { cwd });
    expect(offline).toMatchObject({ code: 2, stderr: expect.stringContaining('--offline asks none') });
    expect(await readdir(cwd)).not.toContain('bundle.yaml');
  });
});
