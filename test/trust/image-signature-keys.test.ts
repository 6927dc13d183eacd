import { expect, test } from 'vitest';

import { parseReference } from '../../src/oci/reference.ts';
import { imageSignatureKeys } from '../../src/trust/image-signature-keys.ts';
import { imageSigner } from '../support/image-signatures.ts';

const all = imageSigner('ed25519', 'all.pub').key;
const host = imageSigner('ed25519', 'host.pub').key;
const team = imageSigner('ed25519', 'team.pub').key;
const second = imageSigner('ed25519', 'second.pub').key;

const rules = [
  { prefix: undefined, keys: [all] },
  { prefix: { registry: 'ghcr.io', path: '' }, keys: [host] },
  { prefix: { registry: 'ghcr.io', path: 'org/team' }, keys: [team] },
  { prefix: { registry: 'ghcr.io', path: 'org/team' }, keys: [second, team] },
];

test.each([
  ['docker.io/library/nginx:1', ['all.pub']],
  ['ghcr.io/org/app:1', ['host.pub']],
  ['ghcr.io/org/team:1', ['team.pub', 'second.pub']],
  ['ghcr.io/org/team/app:1', ['team.pub', 'second.pub']],
  ['ghcr.io/org/teamwork/app:1', ['host.pub']],
  ['ghcr.io.example.com/org/team/app:1', ['all.pub']],
  ['ghcr.io:443/org/team/app:1', ['all.pub']],
])('%s needs one of %j', (name, files) => {
  expect(imageSignatureKeys(parseReference(name), rules).map(({ file }) => file)).toEqual(files);
});

test('without a rule for it nothing is asked of an image', () => {
  expect(imageSignatureKeys(parseReference('nginx'), rules.slice(1))).toEqual([]);
  expect(imageSignatureKeys(parseReference('nginx'), [])).toEqual([]);
});
