import { expect, test } from 'vitest';

import { paletteError } from '../../src/palette-api/palette-error.ts';
import type { RefusedCall } from '../../src/palette-api/palette-error.ts';
import { everythingShown } from '../support/rejection.ts';

const call: RefusedCall = {
  subject: 'cluster profile 65c1f0a2d1e4b2a6f0c9d111',
  host: 'api.example.com',
  status: 404,
  retryAfter: undefined,
  text: '',
  projectUid: undefined,
  apiKey: 'k3y-s3cret',
};

test.each([
  [301, 'PALETTE_REDIRECTED', 'network', '--palette-endpoint'],
  [400, 'PALETTE_REFUSED', 'usage', ''],
  [401, 'PALETTE_KEY_REFUSED', 'authentication', 'API key'],
  [403, 'PALETTE_FORBIDDEN', 'authentication', '--project-id UID'],
  [404, 'PALETTE_NOT_FOUND', 'notFound', 'palette-edge profiles'],
  [422, 'PALETTE_REFUSED', 'usage', ''],
  [429, 'TOO_MANY_REQUESTS', 'network', 'Wait'],
  [500, 'SERVER_FAILURE', 'network', 'Wait'],
  [503, 'SERVER_FAILURE', 'network', 'Wait'],
  [501, 'UNEXPECTED_STATUS', 'network', '--palette-endpoint'],
  [204, 'UNEXPECTED_STATUS', 'network', '--palette-endpoint'],
])('%d is %s, of kind %s, with advice', (status, ...expected) => {
  const [code, kind, advice] = expected;
  const error = paletteError({ ...call, status });
  expect(error).toMatchObject({ code, kind });
  expect(error.message).toContain(call.subject);
  expect(error.message).toContain(`api.example.com answered ${status}`);
  expect(error.suggestions.join('\n')).toContain(advice);
});

test('the words of Palette are told', () => {
  const body = { code: 'ResourceNotFound', message: 'not there', details: 'looked well', ref: 'a1b2' };
  expect(paletteError({ ...call, text: JSON.stringify(body) }).message).toBe(
    'cluster profile 65c1f0a2d1e4b2a6f0c9d111 was not found: api.example.com answered 404 (ResourceNotFound: not there; looked well; ref a1b2)',
  );
});

test.each([
  ['only a message', { message: 'not there' }, ' (not there)'],
  ['numbers and objects', { code: 7, message: 'no', details: { field: 'uid' } }, ' (7: no; {"field":"uid"})'],
  ['empty fields', { code: '', message: '', details: {}, ref: '' }, ''],
  ['fields of other types', { code: null, message: ['x'], details: true }, ''],
])('%s', (_what, body, words) => {
  expect(paletteError({ ...call, text: JSON.stringify(body) }).message).toBe(
    `cluster profile 65c1f0a2d1e4b2a6f0c9d111 was not found: api.example.com answered 404${words}`,
  );
});

test.each(['', '<html>gone</html>', '[]', '{"code":'])('of %j no words are told', (text) => {
  expect(paletteError({ ...call, text }).message).toMatch(/answered 404$/);
});

test('words are capped and printable', () => {
  const text = JSON.stringify({ message: `\u001b[31mred\n${'x'.repeat(10_000)}\u202e` });
  const { message } = paletteError({ ...call, text });
  expect(message.length).toBeLessThan(600);
  expect(message).toMatch(/^[^\p{Cc}\p{Cf}]*$/u);
});

test.each([1, 393, 395, 399])('a key that is repeated is not told, %d characters in', (length) => {
  const text = JSON.stringify({ message: `${'x'.repeat(length)}k3y-s3cret` });
  expect(everythingShown(paletteError({ ...call, status: 401, text }))).not.toMatch(/k3y/);
});

test('the project is named when one was', () => {
  const error = paletteError({ ...call, status: 403, projectUid: '5f7a5fcb8cd71a1dbc1d8b0c' });
  expect(error.suggestions[0]).toBe('Check the project: --project-id is 5f7a5fcb8cd71a1dbc1d8b0c');
});
