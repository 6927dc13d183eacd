import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { formatReference, hasImplicitTag, parseReference } from '../../src/oci/reference.ts';

const hex = 'a'.repeat(64);
const digest = `sha256:${hex}`;

describe("Docker's rules", () => {
  test.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['library/nginx', 'docker.io/library/nginx:latest'],
    ['org/app', 'docker.io/org/app:latest'],
    ['org/team/app:v1', 'docker.io/org/team/app:v1'],
    ['docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['index.docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['registry-1.docker.io/org/app', 'docker.io/org/app:latest'],
    ['docker.io/library/nginx', 'docker.io/library/nginx:latest'],
    ['localhost/app', 'localhost/app:latest'],
    ['localhost:5000/app', 'localhost:5000/app:latest'],
    ['registry:5000/app', 'registry:5000/app:latest'],
    ['registry/app', 'docker.io/registry/app:latest'],
    ['app:5000', 'docker.io/library/app:5000'],
    ['ghcr.io/org/app:1.0', 'ghcr.io/org/app:1.0'],
    ['ghcr.io/app', 'ghcr.io/app:latest'],
    ['10.0.0.1:5000/a/b', '10.0.0.1:5000/a/b:latest'],
    ['[::1]:5000/a', '[::1]:5000/a:latest'],
    ['[fe80::1]/a:v1', '[fe80::1]/a:v1'],
    [`nginx@${digest}`, `docker.io/library/nginx@${digest}`],
    [`nginx:1.27@${digest}`, `docker.io/library/nginx:1.27@${digest}`],
    [`localhost:5000/a@${digest}`, `localhost:5000/a@${digest}`],
    ['container://ghcr.io/a/b:1', 'ghcr.io/a/b:1'],
    ['docker://nginx', 'docker.io/library/nginx:latest'],
    ['oci://ghcr.io/a/b:1', 'ghcr.io/a/b:1'],
    ['  ghcr.io/a/b:1\t', 'ghcr.io/a/b:1'],
    ['a/b__c/d.e-f---g', 'docker.io/a/b__c/d.e-f---g:latest'],
    ['a:_T.a-g', 'docker.io/library/a:_T.a-g'],
    [`ghcr.io/${hex}`, `ghcr.io/${hex}:latest`],
    [`a:${'t'.repeat(128)}`, `docker.io/library/a:${'t'.repeat(128)}`],
  ])('%s is %s', (text, full) => {
    expect(formatReference(parseReference(text))).toBe(full);
  });

  test.each([
    ['', 'empty'],
    ['   ', 'empty'],
    ['docker://', 'empty'],
    ['Nginx', 'lower-case'],
    ['GHCR.io/a/b', 'lower-case'],
    ['https://ghcr.io/a', 'no https://'],
    ['HTTP://ghcr.io/a', 'no http://'],
    ['docker://https://ghcr.io/a', 'no https://'],
    ['a b', 'no valid part'],
    ['a\u0000b', 'no valid part'],
    ['a/', 'no valid part'],
    ['/a', 'no valid part'],
    ['a//b', 'no valid part'],
    ['-a', 'no valid part'],
    ['a_-b', 'no valid part'],
    ['a/../b', 'no valid part'],
    ['../a', 'no registry host'],
    ['ghcr.io/', 'no valid part'],
    ['ghcr.io/a:', 'characters a tag cannot have'],
    ['a:-b', 'characters a tag cannot have'],
    [`a:${'t'.repeat(129)}`, 'characters a tag cannot have'],
    ['a@', 'sha256'],
    ['a@sha256:abc', 'sha256'],
    [`a@sha512:${'a'.repeat(128)}`, 'sha256'],
    [`a@SHA256:${hex}`, 'sha256'],
    [`a@${digest}@${digest}`, 'sha256'],
    [hex, 'image id'],
    [digest, 'image id'],
    [`docker.io:99999999/a`, 'no registry host'],
    ['a..b.io/c', 'no registry host'],
    ['10.0.0.300:5000/a', 'no registry host'],
    ['010.0.0.1:5000/a', 'no registry host'],
    ['[1.2.3]:5000/a', 'no registry host'],
    ['registry.site:99999/a', 'no registry host'],
    ['user:secret@ghcr.io/a', 'credentials do not belong'],
    ['nginx@1.27', '"nginx@1.27" is no image reference: the digest'],
    ['a/'.repeat(600), 'longer than 1024'],
    ['a'.repeat(256), 'longer than 255'],
    ['a'.repeat(250), 'longer than 255'],
    [`${'a.'.repeat(130)}io/x`, 'no registry host'],
  ])('%j is refused: %s', (text, reason) => {
    const refuse = () => parseReference(text);
    expect(refuse).toThrow(PaletteEdgeError);
    expect(refuse).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID', kind: 'usage' }));
    expect(refuse).toThrow(reason);
  });

  test.each([
    'bob:s3cr3t@host:5502/x:1',
    'bob:s3cr3t@host:5502',
    'bob:@s3cr3t@host/x:1',
    'bob:/s3cr3t@host/X:1',
    's3cr3t@q.io/x:3',
    ' https://user:s3cr3t@q.io/x:3',
    'docker://user:s3cr3t@q.io/x:3',
    `user:s3cr3t@q.io/x:3@${digest}`,
    `user:s3cr3t@q.io/x@sha256:abc`,
    `user:s3cr3t@${'a/'.repeat(600)}`,
    `user:${'s3cr3t'.repeat(300)}@q.io/x`,
  ])('user and password of %j are not told', (text) => {
    const { message, suggestions } = refusal(text);
    expect([message, ...suggestions].join('\n')).not.toContain('s3cr3t');
    expect(message).toContain('***@');
    expect(message).toContain('credentials do not belong in a reference');
    expect(message.length).toBeLessThan(1500);
    expect(suggestions.join('\n')).toMatch(/palette-edge login.*--cred-file-path/);
  });

  test('what stands behind them is told', () => {
    expect(refusal('bob:s3cr3t@host:5502/x:1').message).toContain('"***@host:5502/x:1" is no image');
    expect(refusal('https://user:s3cr3t@q.io/x:3').message).toContain('"https://***@q.io/x:3" is no image');
  });

  test.each([
    ['https://ghcr.io/a/b:1', 'Write "ghcr.io/a/b:1".'],
    ['http://localhost:5000/a', 'Write "localhost:5000/a".'],
    ['Foo/bar:1', 'Write "foo/bar:1", if that is the name it was pushed under.'],
    ['docker://Foo/bar:RC1', 'Write "foo/bar:RC1", if that is the name it was pushed under.'],
    [`Foo:V1@${digest}`, `Write "foo:V1@${digest}", if that is the name it was pushed under.`],
  ])('for %s it suggests: %s', (text, suggestion) => {
    expect(refusal(text).suggestions).toEqual([suggestion]);
  });

  test('a name of the greatest length can be read again', () => {
    const full = formatReference(parseReference('a'.repeat(247)));
    expect(formatReference(parseReference(full))).toBe(full);
  });

  test('suggestions hold no control characters of the input', () => {
    const { suggestions } = refusal('A\u001B[31mb');
    expect(suggestions.join('')).toContain('a');
    expect(suggestions.join('')).not.toContain('\u001B');
  });
});

const component = fc.stringMatching(/^[a-z0-9]{1,6}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}$/);
const registry = fc.oneof(
  fc.constant('docker.io'),
  fc.constant('localhost'),
  fc.constant('[::1]:5000'),
  fc.stringMatching(/^[a-z0-9]{1,5}\.[a-z]{2,3}(?::[1-9][0-9]{0,3})?$/),
  // Not digits alone: that is another way to write an address.
  fc.stringMatching(/^[a-z][a-z0-9]{0,4}:[1-9][0-9]{0,3}$/),
);
const tag = fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/), { nil: undefined });
const digests = fc.option(
  fc.stringMatching(/^[0-9a-f]{64}$/).map((text) => `sha256:${text}`),
  { nil: undefined },
);

test('parse after format is the identity', () => {
  fc.assert(
    fc.property(registry, fc.array(component, { minLength: 1, maxLength: 4 }), tag, digests, (...parts) => {
      const [host, path, version, pin] = parts;
      const text = `${host}/${path.join('/')}${version === undefined ? '' : `:${version}`}${pin === undefined ? '' : `@${pin}`}`;
      const reference = parseReference(text);
      expect(parseReference(formatReference(reference))).toEqual(reference);
      expect(reference.registry).toBe(host);
      expect(reference.digest).toBe(pin);
      expect(reference.tag).toBe(version ?? (pin === undefined ? 'latest' : undefined));
    }),
  );
});

test('any text is a reference that can be read again, or refused', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[a-zA-Z0-9.:/@[\]_-]{0,60}$/));
  const readTwice = (candidate: string): string => {
    const full = formatReference(parseReference(candidate));
    return formatReference(parseReference(full)) === full ? 'the same' : full;
  };
  fc.assert(
    fc.property(text, (candidate) => {
      expect(['the same', 'REFERENCE_INVALID']).toContain(codeOr(() => readTwice(candidate)));
    }),
    { numRuns: 1000 },
  );
});

function refusal(text: string): PaletteEdgeError {
  try {
    parseReference(text);
  } catch (error) {
    if (error instanceof PaletteEdgeError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

function codeOr(action: () => string): string {
  try {
    return action();
  } catch (error) {
    if (error instanceof PaletteEdgeError) return error.code;
    throw error;
  }
}

test.each([
  ['nginx', true],
  ['nginx:1', false],
  ['localhost:5000/nginx', true],
  ['localhost:5000/nginx:1', false],
  ['docker://nginx', true],
  [`nginx@${digest}`, false],
  ['[::1]:5000/a', true],
])('hasImplicitTag(%s) is %s', (text, expected) => {
  expect(hasImplicitTag(text)).toBe(expected);
});
