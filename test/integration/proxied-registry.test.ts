import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import type { Descriptor } from '../../src/oci/descriptor.ts';
import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import { startServer } from '../support/loopback-server.ts';
import { startProxy } from '../support/proxy-server.ts';
import { pushImage } from '../support/push-image.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { noise } from '../support/sample-bundle.ts';
import { MemoryBlobs, addImage } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeClientCertificate, makeTlsFiles } from '../support/tls-files.ts';

const host = 'registry.test:5000';
const image = `${host}/org/app:1.0`;

test('a build goes through a proxy with a login, to a registry that demands a client certificate and encodes', async () => {
  const { folder, proxy, root, certDir } = await closedNetwork();
  const env = { HTTPS_PROXY: `http://edge:s3cret@${proxy.host}` };
  const flags = ['--cert-dir', certDir, '--max-rate', '200MB/s'];
  const result = await runCliJson<BuildResult>(['build', '--image', image, ...flags], { cwd: folder, env });
  expect(result.images).toMatchObject([{ reference: image, digest: root.digest }]);
  expect(proxy.seen.length).toBeGreaterThan(0);
  expect(new Set(proxy.seen.map(({ method, target }) => `${method} ${target}`))).toEqual(
    new Set([`CONNECT ${host}`]),
  );
  const verified = await runCli(['verify', join(folder, result.bundle?.path ?? '')], { cwd: folder });
  expect(verified.code).toBe(0);
});

test('what keeps a build from such a registry is told, without secrets', async () => {
  const { folder, proxy, certDir } = await closedNetwork();
  const login = { HTTPS_PROXY: `http://edge:s3cret@${proxy.host}` };
  const build = async (env: Record<string, string>, flags: readonly string[] = []) =>
    await runCli(['build', '--image', image, ...flags], { cwd: folder, env });

  const wrong = await build({ https_proxy: `http://edge:n0t-s3cret@${proxy.host}` }, ['--cert-dir', certDir]);
  expect(wrong.code).toBe(3);
  expect(wrong.stderr).toContain(`proxy (https_proxy) ${proxy.host}: it refuses user and password`);

  const bare = await build(login, ['--insecure', host]);
  expect(bare.code).toBe(3);
  expect(bare.stderr).toContain(`${host}: the server asks for a client certificate`);

  const excepted = await build({ ...login, NO_PROXY: '.test' }, ['--cert-dir', certDir]);
  expect(excepted.code).toBe(6);
  expect(excepted.stderr).toContain('the host name was not found');

  const invalid = await build({ HTTPS_PROXY: 'http://edge:s3cret@' });
  expect(invalid.code).toBe(2);
  expect(invalid.stderr).toContain('HTTPS_PROXY');
  for (const { stdout, stderr } of [wrong, bare, excepted, invalid])
    expect(stdout + stderr).not.toMatch(/s3cret|czNjcmV0|PRIVATE KEY/);
});

/** A registry that is reached only through a proxy with a login, and only with a certificate. */
async function closedNetwork() {
  const folder = await temporaryFolder();
  const blobs = new MemoryBlobs();
  const root: Descriptor = addImage(blobs, noise(400_000, 7));
  const registry = await runningRegistry();
  await pushImage({ origin: registry.origin, repository: 'org/app' }, blobs, { root, tag: '1.0' });

  const made = await temporaryFolder();
  const { caPem, certificatePath, keyPath } = await makeTlsFiles(made, 'DNS:registry.test');
  const { cert, key } = await makeClientCertificate(made);
  const certDir = join(folder, 'certs.d');
  const hostFolder = join(certDir, host);
  await mkdir(hostFolder, { recursive: true });
  await writeFile(join(hostFolder, 'ca.crt'), caPem);
  await writeFile(join(hostFolder, 'client.cert'), cert);
  await writeFile(join(hostFolder, 'client.key'), key);

  const front = await startServer(encodingFront(registry.origin), {
    cert: await readFile(certificatePath),
    key: await readFile(keyPath),
    ca: caPem,
    requestCert: true,
    rejectUnauthorized: true,
  });
  const proxy = await startProxy({ hosts: { [host]: front.host }, login: 'edge:s3cret' });
  return { folder, proxy, root, certDir };
}

/** Compresses manifests although nobody asks for it, and claims of blobs that they are. */
function encodingFront(origin: string): RequestListener {
  return (request, response) => {
    const pass = async (): Promise<void> => {
      const { method = 'GET', headers } = request;
      const { accept = '*/*', range } = headers;
      const answer = await fetch(new URL(request.url ?? '', origin), {
        method,
        headers: range === undefined ? { accept } : { accept, range },
      });
      const body = Buffer.from(await answer.arrayBuffer());
      const isManifest = request.url?.includes('/manifests/') === true && method === 'GET';
      const sent = isManifest ? gzipSync(body) : body;
      response.writeHead(answer.status, {
        ...Object.fromEntries(answer.headers),
        'content-encoding': 'gzip',
        ...(method === 'HEAD' ? {} : { 'content-length': sent.length }),
      });
      response.end(sent);
    };
    pass().catch(() => response.destroy());
  };
}
