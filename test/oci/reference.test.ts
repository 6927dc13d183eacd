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
    ['https://ghcr.io/a', 'no registry host'],
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
    ['user:secret@ghcr.io/a', 'sha256'],
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

  test('a name of the greatest length can be read again', () => {
    const full = formatReference(parseReference('a'.repeat(247)));
    expect(formatReference(parseReference(full))).toBe(full);
  });

  test('suggestions hold no control characters of the input', () => {
    let suggestions: readonly string[] = [];
    try {
      parseReference('A\u001B[31mb');
    } catch (error) {
      suggestions = error instanceof PaletteEdgeError ? error.suggestions : [];
    }
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
  fc.stringMatching(/^[a-z0-9]{1,5}:[1-9][0-9]{0,3}$/),
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
