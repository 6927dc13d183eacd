import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';

import * as vectors from 'cctv-age';
import { describe, expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { openAgeHead } from '../../src/trust/open-age-head.ts';
import { openAgePayload, plainSizeOf } from '../../src/trust/open-age-payload.ts';
import { readAgeHead } from '../../src/trust/read-age-head.ts';
import { rejection } from '../support/rejection.ts';
import { memoryAccess, noise } from '../support/sample-bundle.ts';
import { sealedFile } from '../support/sealed-file.ts';

const signal = new AbortController().signal;

/** Reads chunk after chunk; on a failure what was given before it is still there. */
async function openAll(
  bytes: Uint8Array,
  keys: { readonly identities: readonly string[]; readonly passphrase?: string | undefined },
): Promise<{ readonly plain: Buffer; readonly code: string | undefined }> {
  const pieces: Uint8Array[] = [];
  const access = memoryAccess(bytes);
  const askPassphrase = async (): Promise<string> => await Promise.resolve(keys.passphrase ?? '');
  try {
    const head = await readAgeHead(access, 'x.age');
    const key = await openAgeHead(head, { identities: keys.identities, askPassphrase }, 'x.age');
    const payload = { access, name: 'x.age', start: head.payloadStart };
    for await (const piece of openAgePayload(payload, key, signal)) pieces.push(piece);
    return { plain: Buffer.concat(pieces), code: undefined };
  } catch (error) {
    if (error instanceof PaletteEdgeError) return { plain: Buffer.concat(pieces), code: error.code };
    throw error;
  }
}

/** A test vector of https://github.com/C2SP/CCTV/tree/main/age: fields, an empty line, the file. */
function parseVector(bytes: Uint8Array) {
  const text = Buffer.from(bytes).toString('latin1');
  const end = text.indexOf('\n\n');
  const fields = text
    .slice(0, end)
    .split('\n')
    .map((line) => line.split(': ', 2));
  const all = (name: string) => fields.flatMap(([key, value = '']) => (key === name ? [value] : []));
  const body = Buffer.from(text.slice(end + 2), 'latin1');
  const passphrase = all('passphrase').at(0);
  return {
    expect: all('expect')[0] ?? '',
    payload: all('payload')[0],
    identities: passphrase === undefined ? all('identity') : [],
    passphrase,
    isArmored: all('armored')[0] === 'yes',
    file: all('compressed')[0] === 'zlib' ? inflateSync(body) : body,
  };
}

const codes: Readonly<Record<string, readonly (string | undefined)[]>> = {
  success: [undefined],
  'no match': ['NO_IDENTITY_MATCHES', 'PASSPHRASE_WRONG', 'IDENTITY_NEEDED'],
  'HMAC failure': ['ENCRYPTED_FILE_INVALID'],
  'header failure': ['ENCRYPTED_FILE_INVALID', 'PASSPHRASE_WORK_TOO_HIGH', 'NOT_ENCRYPTED'],
  'payload failure': ['ENCRYPTED_FILE_DAMAGED', 'ENCRYPTED_FILE_TRUNCATED', 'ENCRYPTED_FILE_INVALID'],
};

describe('test vectors of age', () => {
  const parsed = Object.entries(vectors).map(([name, bytes]) => ({ name, ...parseVector(bytes) }));
  test('are all there', () => {
    expect(parsed.length).toBeGreaterThan(100);
    expect(new Set(parsed.map((vector) => vector.expect))).toEqual(
      new Set([...Object.keys(codes), 'armor failure']),
    );
  });

  test.each(parsed.filter(({ isArmored }) => !isArmored))(
    '$name: $expect',
    async ({ expect: expected, payload, file, ...keys }) => {
      const { plain, code } = await openAll(file, keys);
      expect(codes[expected]).toContain(code);
      // Of a payload that fails it is the hash of the most that may be given before: a file whose end is known gives less.
      const hash = createHash('sha256').update(plain).digest('hex');
      expect(expected === 'success' ? hash : payload).toBe(payload);
    },
  );

  test.each(parsed.filter(({ isArmored }) => isArmored))(
    '$name: armor is told of',
    async ({ file, ...keys }) => {
      expect((await openAll(file, keys)).code).toBe('NOT_ENCRYPTED');
    },
  );
});

describe('of a file that is not what was encrypted', () => {
  const chunk = 65_536 + 16;
  const plain = noise(3 * 65_536 + 100, 7);

  async function failureOf(change: (file: Buffer, start: number) => Uint8Array, where?: string) {
    const { file, start, identities } = await sealedFile(plain);
    const changed = change(file, start);
    const access = { ...memoryAccess(changed), ...(where !== undefined && { where: () => where }) };
    const head = await readAgeHead(access, 'x.age');
    const askPassphrase = async (): Promise<string> => await Promise.reject(new Error('nobody asks'));
    const key = await openAgeHead(head, { identities, askPassphrase }, 'x.age');
    const given: Uint8Array[] = [];
    const error = await rejection(
      (async () => {
        const payload = { access, name: 'x.age', start: head.payloadStart };
        for await (const piece of openAgePayload(payload, key, signal)) given.push(piece);
      })(),
    );
    return { error, given: Buffer.concat(given), start };
  }

  test('a changed bit: chunk and bytes are named, and nothing of that chunk was given', async () => {
    const { error, given, start } = await failureOf((file, at) => {
      file[at + 2 * chunk + 5] = (file[at + 2 * chunk + 5] ?? 0) ^ 1;
      return file;
    });
    expect(error).toMatchObject({ code: 'ENCRYPTED_FILE_DAMAGED', kind: 'content' });
    expect(error.message).toBe(
      `x.age is damaged: chunk 2, bytes ${start + 2 * chunk} to ${start + 3 * chunk - 1}, is not what was encrypted`,
    );
    expect(given).toEqual(plain.subarray(0, 2 * 65_536));
  });

  test('of parts, the part is named', async () => {
    const { error } = await failureOf((file, at) => file.fill(0, at, at + 1), 'x.age.part01');
    expect(error.message).toMatch(/chunk 0, bytes \d+ to \d+, in x\.age\.part01, is not/);
  });

  test('two chunks that changed places', async () => {
    const { error, given } = await failureOf((file, at) =>
      Buffer.concat([
        file.subarray(0, at),
        file.subarray(at + chunk, at + 2 * chunk),
        file.subarray(at, at + chunk),
        file.subarray(at + 2 * chunk),
      ]),
    );
    expect(error.message).toMatch(/chunk 0, .* is not what was encrypted$/);
    expect(given).toHaveLength(0);
  });

  test('cut at the end of a chunk', async () => {
    const { error, start } = await failureOf((file, at) => file.subarray(0, at + 2 * chunk));
    expect(error).toMatchObject({ code: 'ENCRYPTED_FILE_TRUNCATED', kind: 'content' });
    expect(error.message).toBe(
      `x.age is not whole: it ends behind chunk 1, at byte ${start + 2 * chunk}, and more must follow`,
    );
  });

  test('cut in the middle of a chunk', async () => {
    const { error } = await failureOf((file, at) => file.subarray(0, at + 2 * chunk + 1000));
    expect(error.message).toMatch(/chunk 2, .* is not what was encrypted, or the file was cut there$/);
  });

  test('cut so that less than a chunk can have is left', async () => {
    const { error } = await failureOf((file, at) => file.subarray(0, at + 2 * chunk + 16));
    expect(error.message).toBe('x.age is not whole: its last chunk has less than 17 bytes');
  });

  test('something behind its last chunk, which fills the chunk', async () => {
    const whole = await sealedFile(noise(65_536, 3));
    const access = memoryAccess(Buffer.concat([whole.file, Buffer.alloc(500)]));
    const payload = { access, name: 'x.age', start: whole.start };
    const error = await rejection(
      (async () => {
        for await (const piece of openAgePayload(payload, whole.key, signal)) void piece;
      })(),
    );
    expect(error).toMatchObject({ code: 'ENCRYPTED_FILE_DAMAGED' });
    expect(error.message).toBe(
      `x.age is damaged: its last chunk ends at byte ${whole.file.length}, and 500 bytes follow`,
    );
  });
});

test.each([0, 1, 65_535, 65_536, 65_537, 16 * 65_536, 40 * 65_536 + 9])(
  '%i bytes come back, and their number is known before',
  async (size) => {
    const plain = noise(size, 11);
    const { file, start, identities } = await sealedFile(plain);
    expect(plainSizeOf({ access: memoryAccess(file), name: 'x.age', start })).toBe(size);
    const opened = await openAll(file, { identities });
    expect(opened.code).toBeUndefined();
    expect(opened.plain.equals(plain)).toBe(true);
  },
);

test('one changed bit anywhere, and no more than what was encrypted is given', async () => {
  const plain = Buffer.from('for the site only');
  const { file, identities } = await sealedFile(plain);
  const opened: number[] = [];
  for (let at = 0; at < file.length; at += 1) {
    const changed = Buffer.from(file);
    changed.writeUInt8(changed.readUInt8(at) ^ (1 << (at % 8)), at);
    const { plain: given, code } = await openAll(changed, { identities });
    if (code === undefined || given.length > 0) opened.push(at);
  }
  expect(opened).toEqual([]);
});

test('cut anywhere, it is told of', async () => {
  const { file, identities } = await sealedFile(Buffer.from('for the site only'));
  for (let length = 0; length < file.length; length += 1)
    expect((await openAll(file.subarray(0, length), { identities })).code, `${length} bytes`).toBeDefined();
});

test('decrypting ends when it is aborted', async () => {
  const { file, start, key } = await sealedFile(noise(40 * 65_536, 5));
  const controller = new AbortController();
  const payload = { access: memoryAccess(file), name: 'x.age', start };
  let count = 0;
  const reading = (async () => {
    for await (const piece of openAgePayload(payload, key, controller.signal)) {
      count += piece.length;
      controller.abort(new Error('Ctrl-C'));
    }
  })();
  await expect(reading).rejects.toThrow('Ctrl-C');
  // Those that were read together.
  expect(count).toBe(16 * 65_536);
});
