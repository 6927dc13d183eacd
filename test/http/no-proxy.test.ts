import { expect, test } from 'vitest';

import { noProxyRules } from '../../src/http/no-proxy.ts';

// The cases of golang.org/x/net/http/httpproxy, which container tools go by.
test.each<[noProxy: string, url: string, isDirect: boolean]>([
  ['', 'https://example.com/', false],
  ['', 'https://localhost:5000/', true],
  ['', 'http://127.0.0.1/', true],
  ['', 'http://127.1.2.3:5000/', true],
  ['', 'http://[::1]:5000/', true],
  ['', 'http://[::ffff:127.0.0.1]/', true],
  ['', 'http://localhost.example/', false],
  ['*', 'https://example.com/', true],
  ['a.test, *', 'https://example.com/', true],
  ['example.com', 'https://example.com/', true],
  ['example.com', 'https://EXAMPLE.com./', true],
  ['EXAMPLE.com', 'https://a.b.example.com/', true],
  ['example.com', 'https://notexample.com/', false],
  ['.example.com', 'https://a.example.com/', true],
  ['.example.com', 'https://example.com/', false],
  ['*.example.com', 'https://a.example.com/', true],
  ['*.example.com', 'https://example.com/', false],
  ['example.com:5000', 'https://example.com:5000/', true],
  ['example.com:5000', 'https://example.com/', false],
  ['example.com:443', 'https://example.com/', true],
  ['example.com:80', 'http://a.example.com/', true],
  ['192.0.2.1', 'http://192.0.2.1:5000/', true],
  ['192.0.2.1:80', 'http://192.0.2.1:5000/', false],
  ['192.0.2.1:5000', 'http://192.0.2.1:5000/', true],
  ['192.0.2.1', 'http://192.0.2.10/', false],
  ['2001:db8::1', 'http://[2001:db8::1]:5000/', true],
  ['2001:DB8:0::1', 'http://[2001:db8::1]/', true],
  ['[2001:db8::1]', 'http://[2001:db8::1]/', true],
  ['[2001:db8::1]:5000', 'http://[2001:db8::1]:5000/', true],
  ['[2001:db8::1]:80', 'http://[2001:db8::1]:5000/', false],
  ['10.0.0.0/8', 'https://10.20.30.40:5000/', true],
  ['10.0.0.0/8', 'https://11.0.0.1/', false],
  ['10.0.0.0/8', 'https://ten.example.com/', false],
  ['2001:db8::/32', 'https://[2001:db8:1::2]/', true],
  ['2001:db8::/32', 'https://[2001:db9::1]/', false],
  ['a.test,,  b.test ,:80', 'https://b.test/', true],
  [':443', 'https://example.com/', false],
  ['10.0.0.0/99,300.1.1.1/8,10.0.0.0/', 'https://10.0.0.1/', false],
  ['bücher.example', 'https://bücher.example/', true],
])('NO_PROXY=%s: %s is asked straight: %s', (noProxy, url, isDirect) => {
  expect(noProxyRules(noProxy)(new URL(url))).toBe(isDirect);
});
