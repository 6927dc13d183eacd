import { expect, test } from 'vitest';

import { proxiesOf } from '../../src/cli/proxy-environment.ts';
import { everythingShown } from '../support/rejection.ts';

test.each<[environment: Record<string, string>, http: string | undefined, https: string | undefined]>([
  [{}, undefined, undefined],
  [{ HTTP_PROXY: 'http://a.test:1' }, 'HTTP_PROXY http://a.test:1/', undefined],
  [{ HTTPS_PROXY: 'http://a.test:1' }, undefined, 'HTTPS_PROXY http://a.test:1/'],
  [{ https_proxy: 'http://a.test:1' }, undefined, 'https_proxy http://a.test:1/'],
  [{ HTTPS_PROXY: 'http://a.test', https_proxy: 'http://b.test' }, undefined, 'HTTPS_PROXY http://a.test/'],
  [{ HTTPS_PROXY: ' ', https_proxy: 'http://b.test' }, undefined, 'https_proxy http://b.test/'],
  [{ ALL_PROXY: 'http://a.test' }, 'ALL_PROXY http://a.test/', 'ALL_PROXY http://a.test/'],
  [
    { all_proxy: 'http://a.test', HTTP_PROXY: 'http://b.test' },
    'HTTP_PROXY http://b.test/',
    'all_proxy http://a.test/',
  ],
  [{ HTTPS_PROXY: 'proxy.corp:3128' }, undefined, 'HTTPS_PROXY http://proxy.corp:3128/'],
  [{ HTTPS_PROXY: 'user:pass@10.0.0.1:3128' }, undefined, 'HTTPS_PROXY http://user:pass@10.0.0.1:3128/'],
  [{ HTTPS_PROXY: 'https://[fd00::1]:3128/' }, undefined, 'HTTPS_PROXY https://[fd00::1]:3128/'],
])('%j', (environment, http, https) => {
  const proxies = proxiesOf(environment);
  const shown = [proxies.http, proxies.https].map((proxy) => proxy && `${proxy.variable} ${proxy.url.href}`);
  expect(shown).toEqual([http, https]);
});

test('exceptions are taken as they are', () => {
  expect(proxiesOf({ NO_PROXY: ' .corp, 10.0.0.0/8 ' }).noProxy).toBe('.corp, 10.0.0.0/8');
  expect(proxiesOf({ no_proxy: '*' }).noProxy).toBe('*');
  expect(proxiesOf({}).noProxy).toBe('');
});

test.each(['http://', 'http://user:s3cret@', 'http://user:s3cret@proxy:port', 'user:s3cret@a b'])(
  'a value that names no proxy is refused without being shown: %s',
  (value) => {
    let error: unknown;
    try {
      proxiesOf({ HTTPS_PROXY: value });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'PROXY_INVALID', kind: 'usage' });
    expect(everythingShown(error)).toContain('HTTPS_PROXY');
    expect(everythingShown(error)).not.toContain('s3cret');
  },
);
