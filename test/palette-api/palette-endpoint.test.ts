import { expect, test } from 'vitest';

import { parsePaletteEndpoint } from '../../src/palette-api/palette-endpoint.ts';
import { everythingShown } from '../support/rejection.ts';
import { thrown } from '../support/sample-profiles.ts';

test.each([
  ['api.spectrocloud.com', 'api.spectrocloud.com', undefined],
  ['https://api.spectrocloud.com', 'api.spectrocloud.com', 'https'],
  ['HTTPS://API.Spectrocloud.com', 'api.spectrocloud.com', 'https'],
  ['api.spectrocloud.com/', 'api.spectrocloud.com', undefined],
  ['api.spectrocloud.com/api', 'api.spectrocloud.com', undefined],
  ['https://api.spectrocloud.com/api/', 'api.spectrocloud.com', 'https'],
  ['https://palette.example.com:8443//', 'palette.example.com:8443', 'https'],
  ['http://127.0.0.1:8080', '127.0.0.1:8080', 'http'],
  ['[::1]:8080/api', '[::1]:8080', undefined],
  [' api.spectrocloud.com\n', 'api.spectrocloud.com', undefined],
])('%j is %s', (text, host, scheme) => {
  expect(parsePaletteEndpoint(text, '--palette-endpoint')).toEqual({ host, scheme });
});

test.each([
  '',
  '/',
  'https://',
  'ftp://api.example.com',
  'api.example.com/v1',
  'api.example.com/api/v1',
  'api.example.com:',
  'a b',
  'a%2fb',
  'a\\b',
  'https://https://a.io',
])('%j is refused', (text) => {
  expect(thrown(() => parsePaletteEndpoint(text, '--palette-endpoint'))).toMatchObject({
    code: 'PALETTE_ENDPOINT_INVALID',
    kind: 'usage',
    message: `--palette-endpoint ${JSON.stringify(text)} is no endpoint of Palette`,
  });
});

test.each(['https://me:s3cret@api.example.com', 'api.example.com?key=s3cret', 'api.example.com#s3cret'])(
  'a secret in it is not told: %s',
  (text) => {
    const error = thrown(() => parsePaletteEndpoint(text, '--palette-endpoint'));
    expect(error.code).toBe('PALETTE_ENDPOINT_INVALID');
    expect(everythingShown(error)).not.toContain('s3cret');
  },
);
