import { expect, test } from 'vitest';

import { registryError } from '../../src/registry/registry-error.ts';
import type { RefusedExchange } from '../../src/registry/registry-error.ts';
import { everythingShown } from '../support/rejection.ts';

const exchange: RefusedExchange = {
  subject: 'ghcr.io/org/app:1',
  registry: 'ghcr.io',
  host: 'ghcr.io',
  isRedirected: false,
  status: 404,
  text: '',
  notFoundCode: 'IMAGE_NOT_FOUND',
};

test.each([
  [401, 'ACCESS_DENIED', 'authentication'],
  [403, 'ACCESS_DENIED', 'authentication'],
  [404, 'IMAGE_NOT_FOUND', 'notFound'],
  [429, 'TOO_MANY_REQUESTS', 'network'],
  [502, 'SERVER_FAILURE', 'network'],
  [418, 'UNEXPECTED_STATUS', 'network'],
])('%d is %s', (status, code, kind) => {
  const error = registryError({ ...exchange, status });
  expect(error).toMatchObject({ code, kind });
  expect(error.message).toContain('ghcr.io/org/app:1');
  expect(error.message).toContain(String(status));
});

test('a refusal by the target of a redirect is not about our credentials', () => {
  const error = registryError({ ...exchange, status: 403, isRedirected: true, host: 'storage.test' });
  expect(error).toMatchObject({ code: 'STORAGE_REFUSED', kind: 'network' });
  expect(error.message).toContain('storage.test');
});

test.each([400, 403, 404, 503])(
  'words of the target of a redirect are not shown: it may repeat a signed link, %d',
  (status) => {
    const text = JSON.stringify({ errors: [{ code: 'X', message: 'no such thing: /b?Signature=s3cret' }] });
    const error = registryError({ ...exchange, status, text, isRedirected: true, host: 'storage.test' });
    expect(error.message).toContain(`storage.test answered ${status}`);
    expect(everythingShown(error)).not.toContain('s3cret');
  },
);

test("the registry's own words are shown: capped, on one line, without control characters or secrets", () => {
  const text = JSON.stringify({
    errors: [
      { code: 'NAME_UNKNOWN', message: 'no\nsuch\u001B[31m \u202Ename s3cret' },
      { code: 'X', message: 'y'.repeat(10_000) },
    ],
  });
  const error = registryError({ ...exchange, text, secrets: ['s3cret', ''] });
  expect(error.message).toContain('NAME_UNKNOWN: no such [31m name ***; X: yyy');
  expect(error.message.length).toBeLessThan(500);
  expect(everythingShown(error)).not.toContain('s3cret');
});

test.each(['', '<html>', '[]', 'null', '{"errors":{}}', '{"errors":[null,7]}'])(
  'a body of another form adds nothing: %s',
  (text) => {
    expect(registryError({ ...exchange, text }).message).toBe(
      'ghcr.io/org/app:1 was not found: ghcr.io answered 404',
    );
  },
);
