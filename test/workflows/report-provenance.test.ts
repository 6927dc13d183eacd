import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { serializeInventory } from '../../src/bundle/inventory.ts';
import { isRecord } from '../../src/io/is-record.ts';
import { digestHex, digestOf } from '../../src/oci/digest.ts';
import { preAuthEncoding } from '../../src/report/dsse-envelope.ts';
import { findPrivateKey, readPrivateKey } from '../../src/trust/private-key.ts';
import type { PrivateKey } from '../../src/trust/private-key.ts';
import { reportProvenance } from '../../src/workflows/report-provenance.ts';
import { openssl } from '../support/openssl.ts';
import { opensslKey, opensslKeys } from '../support/openssl-keys.ts';
import { richBundle, writtenBundle } from '../support/rich-bundle.ts';
import { splitBundle } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { bundle, digests } = await richBundle();

async function written(path: string, key?: PrivateKey) {
  const output = join(await temporaryFolder(), 'report.json');
  const listener = { onStart: () => undefined, onBytes: () => undefined };
  await reportProvenance(
    path,
    { output: { path: output }, key },
    { listener, signal: new AbortController().signal },
  );
  const text = await readFile(output, 'utf8');
  const document: unknown = JSON.parse(text);
  if (!isRecord(document)) throw new Error('it is no object');
  return { text, document };
}

async function provenance(path: string, key?: PrivateKey): Promise<Record<string, unknown>> {
  return (await written(path, key)).document;
}

describe('provenance', () => {
  test('is about the file and its inventory, and names every digest that went in', async () => {
    const path = await writtenBundle(bundle);
    const statement = await provenance(path);
    expect(statement).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [
        { digest: { sha256: digestHex(digestOf(bundle.bytes)) } },
        {
          name: 'palette-edge/inventory.json',
          digest: { sha256: digestHex(digestOf(serializeInventory(bundle.plan.inventory))) },
        },
      ],
      predicateType: 'https://slsa.dev/provenance/v1',
      predicate: {
        buildDefinition: {
          externalParameters: { name: 'edge-demo', profiles: [{ name: 'edge-demo', version: '1.0.0' }] },
        },
        runDetails: { builder: { id: 'pkg:generic/palette-edge@0.1.0' } },
      },
    });
    const text = JSON.stringify(statement);
    for (const digest of digests.values()) expect(text).toContain(`"sha256":"${digestHex(digest)}"`);
    expect(text).not.toContain(path);
  });

  test('shows no characters that steer a terminal: a bundle on a stick may be called anything', async () => {
    const name = 'edge\u202E\u009B.tar.zst';
    const { text, document } = await written(await writtenBundle(bundle, name));
    expect(document).toMatchObject({ subject: [{ name }, {}] });
    expect(text).toContain(String.raw`edge\u202e\u009b.tar.zst`);
  });

  test('of parts is about the file that they are joined to', async () => {
    const { path, parts } = await splitBundle(await temporaryFolder());
    const whole = await Promise.all(parts.map(async (part) => await readFile(join(path, '..', part.name))));
    const { subject } = await provenance(path);
    expect(subject).toMatchObject([
      { name: 'edge.tar.zst', digest: { sha256: digestHex(digestOf(Buffer.concat(whole))) } },
      {},
    ]);
  });
});

describe('signed provenance', () => {
  test.each(Object.entries(opensslKeys))('openssl takes the signature of %s', async (algorithm, command) => {
    const folder = await temporaryFolder();
    const { privatePem } = await opensslKey(folder, command);
    const key = readPrivateKey(findPrivateKey(privatePem, 'key.pem'));
    const envelope = await provenance(await writtenBundle(bundle), key);
    const signatures: unknown = envelope['signatures'];
    const signature = Array.isArray(signatures) ? signatures.filter(isRecord).at(0) : undefined;
    const payload = Buffer.from(String(envelope['payload']), 'base64');
    const type = String(envelope['payloadType']);
    expect(type).toBe('application/vnd.in-toto+json');
    // The encoding as the specification words it, and not by our own code.
    const signed = Buffer.concat([Buffer.from(`DSSEv1 28 ${type} ${payload.length} `), payload]);
    expect(preAuthEncoding({ type, bytes: payload })).toEqual(signed);
    await writeFile(join(folder, 'signed'), signed);
    await writeFile(join(folder, 'sig'), Buffer.from(String(signature?.['sig']), 'base64'));
    const check =
      algorithm === 'ed25519'
        ? 'pkeyutl -verify -pubin -inkey key.pub -rawin -in signed -sigfile sig'
        : 'dgst -sha256 -verify key.pub -signature sig signed';
    expect(await openssl(folder, check)).toMatch(/Verified/);
    await writeFile(join(folder, 'signed'), Buffer.concat([signed, Buffer.from(' ')]));
    await expect(openssl(folder, check)).rejects.toThrow(/[Vv]erif|Command failed/);
  });
});
