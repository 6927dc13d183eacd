import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import Report from '../../src/commands/report.ts';
import { generateKeys } from '../../src/workflows/generate-keys.ts';
import { addReportImage, reportBundle } from '../support/report-bundle.ts';
import { richBundle, writtenBundle } from '../support/rich-bundle.ts';
import { imageToBundle } from '../support/sample-bundle.ts';
import { graphOf } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runCommand } from './run-command.ts';

const { bundle } = await reportBundle();

// Whoever runs the tests may have them.
beforeEach(() => {
  vi.stubEnv('SOURCE_DATE_EPOCH', '');
  vi.stubEnv('PALETTE_EDGE_KEY_PASSPHRASE', '');
});
afterEach(() => void vi.unstubAllEnvs());

describe('report --sbom', () => {
  test.each([
    ['spdx', 'SPDX 2.3', { spdxVersion: 'SPDX-2.3', creationInfo: { created: '2024-05-06T05:08:09Z' } }],
    [
      'cyclonedx',
      'CycloneDX 1.6',
      {
        specVersion: '1.6',
        metadata: { timestamp: '2024-05-06T05:08:09Z', component: { name: 'edge-demo' } },
      },
    ],
  ])('writes %s into a file, and tells what is in it', async (format, name, document) => {
    const path = await writtenBundle(bundle);
    const output = join(await temporaryFolder(), 'new', 'report.json');
    const { stdout, exitCode } = await runCommand(Report, [path, '--sbom', format, '--output', output]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`Wrote ${output}
  from      ${path}, ${bundle.plan.id}
  format    ${name}
  images    7 names, 7 images of a platform, 7 layers
  packages  7: 4 deb, 1 npm, 1 pypi, 1 apk
`);
    expect(JSON.parse(await readFile(output, 'utf8'))).toMatchObject(document);
  });

  test('goes to standard output alone, of the images that are chosen', async () => {
    const path = await writtenBundle(bundle);
    const { stdout, stderr } = await runCommand(Report, [path, '--sbom', 'spdx', '--image', '**/small:*']);
    const document: unknown = JSON.parse(stdout);
    expect(document).toMatchObject({ spdxVersion: 'SPDX-2.3' });
    expect(stdout).toContain('"name":"musl"');
    expect(stdout).not.toContain('"name":"libz"');
    expect(stderr).toContain('packages  1: 1 apk');
  });

  test('tells the moment of SOURCE_DATE_EPOCH', async () => {
    const path = await writtenBundle(bundle);
    vi.stubEnv('SOURCE_DATE_EPOCH', '86400');
    const { stdout } = await runCommand(Report, [path, '--sbom', 'cyclonedx']);
    expect(JSON.parse(stdout)).toMatchObject({ metadata: { timestamp: '1970-01-02T00:00:00Z' } });
  });

  test.each(['yesterday', '-1', '1e3', '1.5', '253402300800'])(
    'refuses the moment %s before it reads anything',
    async (moment) => {
      vi.stubEnv('SOURCE_DATE_EPOCH', moment);
      const output = join(await temporaryFolder(), 'report.json');
      const run = await runCommand(Report, [await writtenBundle(bundle), '--sbom', 'spdx', '-o', output]);
      expect(run).toMatchObject({ exitCode: 2, stdout: '' });
      expect(run.stderr).toContain(`SOURCE_DATE_EPOCH is "${moment}", expected seconds since 1970`);
      await expect(readFile(output)).rejects.toThrow('ENOENT');
    },
  );

  test('warns of what cannot be read, in characters that steer no terminal', async () => {
    const odd = await richBundle(async (content, blobs) => {
      const file = 'app/node_modules/a\u202E\u001B[2J/package.json';
      const image = await addReportImage(blobs, [[{ [file]: '{' }, 'gzip']]);
      return { ...content, images: [imageToBundle('quay.io/org/odd:1', await graphOf(blobs, image))] };
    });
    const path = await writtenBundle(odd.bundle);
    const output = join(await temporaryFolder(), 'report.json');
    const { stdout, stderr } = await runCommand(Report, [path, '--sbom', 'spdx', '-o', output]);
    expect(stdout).toContain('packages  none');
    expect(stderr).toMatch(
      /Warning: quay\.io\/org\/odd:1 \(linux\/amd64\): \/app\/node_modules\/a \[2J\/package\.json of layer sha256:\w+ is no JSON object\. \[PACKAGES_UNREAD\]/,
    );
    const inJson = await runCommand(Report, [path, '--sbom', 'spdx', '-o', `${output}.2`, '--json']);
    expect(JSON.parse(inJson.stdout)).toMatchObject({
      kind: 'sbom',
      images: 1,
      warnings: [{ code: 'PACKAGES_UNREAD' }],
    });
    for (const steering of ['\u202E', '\u001B']) expect(inJson.stdout + stderr).not.toContain(steering);
  });
});

describe('report -o FILE.html', () => {
  test('writes a page, and tells what is on it', async () => {
    const path = await writtenBundle(bundle);
    const output = join(await temporaryFolder(), 'edge.html');
    const { stdout, exitCode } = await runCommand(Report, [path, '-o', output]);
    expect(exitCode).toBe(0);
    expect(stdout.replace(/[\d.]+ kB/, 'SIZE')).toBe(`Wrote ${output}
  from      ${path}, ${bundle.plan.id}
  format    HTML, SIZE; open it in a browser
  images    7 names, 7 layers
  packages  5
`);
    expect(await readFile(output, 'utf8')).toMatch(/^<!doctype html>/);
  });

  test('compares with what --diff names, without reading layers', async () => {
    const path = await writtenBundle(bundle);
    const output = join(await temporaryFolder(), 'edge.html');
    const { stdout } = await runCommand(Report, ['--diff', path, path, '-o', output]);
    expect(stdout).toContain(`compared to  ${path}, ${bundle.plan.id}; 0 B to ship`);
    expect(stdout).not.toContain('packages');
  });
});

describe('report --provenance', () => {
  test('is signed with a private key, and says by which', async () => {
    const folder = await temporaryFolder();
    const { privateKey, keyId } = await generateKeys({
      type: 'ed25519',
      name: join(folder, 'edge'),
      passphrase: undefined,
    });
    const path = await writtenBundle(bundle);
    const output = join(folder, 'edge.intoto.json');
    const args = [path, '--provenance', '--private-key', privateKey, '--output', output];
    const { stdout, exitCode } = await runCommand(Report, args);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`signed by   key ${keyId}`);
    const envelope: { readonly payload: string } = JSON.parse(await readFile(output, 'utf8'));
    expect(envelope).toMatchObject({
      payloadType: 'application/vnd.in-toto+json',
      signatures: [{ keyid: keyId.slice('sha256:'.length) }],
    });
    // The statement that goes to standard output without a key is what was signed.
    const plain = await runCommand(Report, [path, '--provenance']);
    expect(plain.stdout).toBe(`${Buffer.from(envelope.payload, 'base64').toString()}\n`);
    expect(plain.stderr).toContain('signed by   nobody');
  });

  test('replaces nothing, and is one report alone', async () => {
    const path = await writtenBundle(bundle);
    const taken = await runCommand(Report, [path, '--provenance', '--output', path]);
    expect(taken.exitCode).toBe(2);
    expect(taken.stderr).toContain('OUTPUT_TAKEN');
    const both = await runCommand(Report, [path, '--provenance', '--sbom', 'spdx']);
    expect(both).toMatchObject({ exitCode: 2, stdout: '' });
    expect(both.stderr).toContain('--provenance does not go together with --sbom');
  });
});
