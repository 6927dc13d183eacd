import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { selfSignedCertificate } from '../../src/registry-server/self-signed-certificate.ts';
import { servedCertificate, selfSignedNames } from '../../src/workflows/served-certificate.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeTlsFiles } from '../support/tls-files.ts';

const now = new Date('2026-11-26T12:00:00Z');
const days = (count: number) => new Date(now.getTime() + count * 86_400_000);

async function selfSigned(folder: string, names: readonly string[] = ['localhost'], at = now) {
  return await servedCertificate({ kind: 'selfSigned', folder, names }, at);
}

describe('a certificate of our own', () => {
  test('is made with a key that nobody else can read, and described', async () => {
    const folder = join(await temporaryFolder(), 'new');
    const { pair, described } = await selfSigned(folder, ['10.0.0.5', 'registry.site']);
    const [path, keyPath] = [join(folder, selfSignedNames.cert), join(folder, selfSignedNames.key)];
    expect(described).toEqual({
      path,
      fingerprint: expect.stringMatching(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/),
      names: ['10.0.0.5', 'registry.site'],
      notBefore: days(-1).toISOString(),
      notAfter: days(397).toISOString(),
      isSelfSigned: true,
      isNew: true,
    });
    expect(await readFile(path, 'utf8')).toBe(pair.cert);
    expect(await readFile(keyPath, 'utf8')).toBe(pair.key);
    expect((await stat(keyPath)).mode & 0o777).toBe(0o600);
  });

  test('is taken again: clients go on trusting it', async () => {
    const folder = await temporaryFolder();
    const first = await selfSigned(folder, ['localhost', '10.0.0.5']);
    const second = await selfSigned(folder, ['10.0.0.5'], days(395));
    expect(second.pair).toEqual(first.pair);
    expect(second.described).toEqual({ ...first.described, isNew: false });
  });

  test('that lacks what only this machine is called is kept, and that is told', async () => {
    const folder = await temporaryFolder();
    const first = await selfSigned(folder, ['registry.site']);
    const machineNames = ['10.0.0.5', 'registry.site'];
    const again = await servedCertificate(
      { kind: 'selfSigned', folder, names: ['registry.site'], machineNames },
      now,
    );
    expect(again.pair).toEqual(first.pair);
    expect(again.described).toMatchObject({ isNew: false, missingNames: ['10.0.0.5'] });
  });

  test('that takes the place of another is for the names of both, each once', async () => {
    const folder = await temporaryFolder();
    await selfSigned(folder, ['localhost', '::1', '10.0.0.5', 'fd00::1']);
    const request = { kind: 'selfSigned', folder, names: ['localhost', '::1', 'registry.site'] } as const;
    const { described } = await servedCertificate({ ...request, machineNames: ['10.0.0.6'] }, now);
    expect(described.isNew).toBe(true);
    expect(described.names).toHaveLength(6);
    // As people write them.
    expect(described.names).toEqual(expect.arrayContaining(['::1', 'fd00::1', '10.0.0.5']));
    const all = ['fd00::1', '10.0.0.5', '10.0.0.6', 'registry.site', 'localhost', '::1'];
    expect((await selfSigned(folder, all)).described.isNew).toBe(false);
  });

  test.each<[why: string, change: (folder: string) => Promise<unknown>]>([
    ['it is over within a day', async (folder) => await selfSigned(folder, ['localhost'], days(396.5))],
    ['it is not valid yet', async (folder) => await selfSigned(folder, ['localhost'], days(-2))],
    ['there is another name', async (folder) => await selfSigned(folder, ['localhost', 'registry.site'])],
    ['there is another address', async (folder) => await selfSigned(folder, ['10.0.0.5'])],
    [
      'its key is gone',
      async (folder) => {
        await rm(join(folder, selfSignedNames.key));
        return await selfSigned(folder);
      },
    ],
    [
      'its key is another one',
      async (folder) => {
        const request = { commonName: 'x', names: ['x'], notBefore: now, notAfter: days(1) };
        await writeFile(join(folder, selfSignedNames.key), selfSignedCertificate(request).key);
        return await selfSigned(folder);
      },
    ],
  ])('is made anew when %s', async (_, change) => {
    const folder = await temporaryFolder();
    const first = await selfSigned(folder);
    expect(await change(folder)).toMatchObject({
      described: { isNew: true, fingerprint: expect.not.stringContaining(first.described.fingerprint) },
    });
  });

  test.each(['no certificate', 'another'])('replaces no file that is not its own: %s', async (what) => {
    const folder = await temporaryFolder();
    const path = join(folder, selfSignedNames.cert);
    const { certificatePath } = await makeTlsFiles(folder);
    const text = what === 'another' ? await readFile(certificatePath, 'utf8') : what;
    await writeFile(path, text);
    const error = await rejection(selfSigned(folder));
    expect(error).toMatchObject({ code: 'CERTIFICATE_FILE_TAKEN', kind: 'usage' });
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  test('is not made where nothing can be written', async () => {
    const path = join(await temporaryFolder(), 'file');
    await writeFile(path, '');
    const error = await rejection(selfSigned(join(path, 'folder')));
    expect(error.message).toContain(join(path, 'folder'));
  });
});

describe('files', () => {
  const files = async (certPath: string, keyPath: string) =>
    await servedCertificate({ kind: 'files', certPath, keyPath }, now);

  test('of an authority are read and described', async () => {
    const { certificatePath, keyPath } = await makeTlsFiles(await temporaryFolder());
    const { pair, described } = await files(certificatePath, keyPath);
    expect(pair.cert).toBe(await readFile(certificatePath, 'utf8'));
    expect(described).toMatchObject({
      path: certificatePath,
      names: ['127.0.0.1', 'localhost'],
      isSelfSigned: false,
      isNew: false,
    });
  });

  test('that cannot be used are told, without a word of the key', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'other'));
    const [one, other] = [await makeTlsFiles(folder), await makeTlsFiles(join(folder, 'other'))];
    const broken = join(folder, 'broken.pem');
    const secret = (await readFile(one.keyPath, 'utf8')).split('\n')[1] ?? '';
    await writeFile(broken, `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`);
    for (const [certificate, key, message] of [
      [broken, one.keyPath, `${broken} holds no certificate`],
      [one.certificatePath, broken, `${broken} holds no key`],
      [one.certificatePath, other.keyPath, `${other.keyPath} is not the key of ${one.certificatePath}`],
    ] as const) {
      const error = await rejection(files(certificate, key));
      expect(error).toMatchObject({ code: 'CERTIFICATE_INVALID', kind: 'usage' });
      expect(error.message).toContain(message);
      expect(everythingShown(error)).not.toContain(secret);
    }
    expect(await rejection(files(join(folder, 'none'), one.keyPath))).toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });
});
