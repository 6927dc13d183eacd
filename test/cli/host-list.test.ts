import { expect, test } from 'vitest';

import { hostList } from '../../src/cli/host-list.ts';
import { everythingShown } from '../support/rejection.ts';
import { thrown } from '../support/sample-profiles.ts';

test.each([
  ['registry.example.com', 'registry.example.com'],
  ['Registry.Example.COM:5000', 'registry.example.com:5000'],
  ['localhost:5000', 'localhost:5000'],
  ['127.0.0.1', '127.0.0.1'],
  ['[::1]:5000', '[::1]:5000'],
  ['http://localhost:5000', 'localhost:5000'],
  ['HTTPS://registry.example.com//', 'registry.example.com'],
])('%s names the host %s', (text, host) => {
  expect([...hostList('--insecure', [text])]).toEqual([host]);
});

test('each host counts once, and none is fine', () => {
  expect([...hostList('--insecure', ['a.io', 'A.io', 'https://a.io/', 'b.io'])]).toEqual(['a.io', 'b.io']);
  expect(hostList('--insecure', []).size).toBe(0);
});

test.each([
  '',
  ' ',
  'https://',
  'a.io/v2',
  'http://a.io/v2/',
  'a.io:port',
  'a.io:99999',
  'a.io:',
  '::1',
  'a b',
  String.raw`a.io\b`,
  'ftp://a.io',
])('%j names no host', (text) => {
  const error = thrown(() => hostList('--plain-http', ['b.io', text]));
  expect(error).toMatchObject({ code: 'HOST_INVALID', kind: 'usage' });
  expect(error.message).toBe(`--plain-http ${JSON.stringify(text)} names no host`);
  expect(error.suggestions).toEqual([
    'Expected --plain-http HOST or --plain-http HOST:PORT, as in registry.example.com:5000.',
  ]);
});

test.each(['https://user:s3cret@a.io', 'user:s3cret@a.io:5000', 'https://a.io?token=s3cret', 'a.io#s3cret'])(
  'a password that came with the host is not told: %s',
  (text) => {
    const error = thrown(() => hostList('--insecure', [text]));
    expect(error).toMatchObject({
      code: 'HOST_INVALID',
      message: '--insecure takes a host without user, password and query',
    });
    expect(everythingShown(error)).not.toContain('s3cret');
  },
);
