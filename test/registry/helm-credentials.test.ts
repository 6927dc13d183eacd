import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { createHelmCredentials } from '../../src/registry/helm-credentials.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function credentials(document: unknown) {
  const path = join(await temporaryFolder(), 'palette.json');
  await writeFile(path, JSON.stringify(document));
  return createHelmCredentials(path);
}

const password = 's3cret';

test('a login holds for what is below its endpoint', async () => {
  const source = await credentials({
    image: [{ endpoint: 'b.test', username: 'image', password }],
    helm: [
      { endpoint: 'https://a.test/stable/', username: 'stable', password },
      { endpoint: 'a.test', username: 'any', password },
      { endpoint: 'c.test:8443', username: 'port', password },
    ],
  });
  const user = async (url: string) => (await source.find(new URL(url)))?.username;
  expect(await user('https://a.test/stable/index.yaml')).toBe('stable');
  expect(await user('https://a.test/stable')).toBe('stable');
  expect(await user('https://a.test/stables/index.yaml')).toBe('any');
  expect(await user('https://a.test/')).toBe('any');
  expect(await user('https://c.test:8443/x')).toBe('port');
  expect(await user('https://c.test/x')).toBeUndefined();
  expect(await user('https://b.test/x')).toBeUndefined();
  expect(await user('https://xa.test/x')).toBeUndefined();
});

test('without a file there are none', async () => {
  expect(await createHelmCredentials(undefined).find(new URL('https://a.test/'))).toBeUndefined();
});

test('an entry that makes no sense is named, and no password', async () => {
  const source = await credentials({ helm: [{ endpoint: 'a.test', password }] });
  const error = await rejection(source.find(new URL('https://a.test/')));
  expect(error).toMatchObject({ code: 'CREDENTIAL_FILE_INVALID', kind: 'usage' });
  expect(error.message).toContain('helm[0] has no username');
  expect(everythingShown(error)).not.toContain(password);
});
