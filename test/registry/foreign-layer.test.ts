import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import type { RegistryClient } from '../../src/registry/registry-client.ts';
import { startServer } from '../support/loopback-server.ts';
import { pullingClient, readAll } from '../support/pulling-client.ts';
import { rejection } from '../support/rejection.ts';

const content = Buffer.from('a layer of Windows');

async function readLayer(client: RegistryClient, link: string): Promise<Buffer> {
  const mediaType = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
  const layer = { mediaType, digest: digestOf(content), size: content.length, urls: [link] };
  const open = client.foreignLayer(layer);
  if (open === undefined) throw new TypeError('a foreign layer was expected');
  return await readAll(open({}));
}

test('a link whose host asks to slow down gets its pauses, and longer ones each time', async () => {
  let refusals = 3;
  const links = await startServer((_, response) => {
    if (refusals-- > 0) response.writeHead(429).end();
    else response.end(content);
  });
  const { client, retries } = pullingClient();
  expect(await readLayer(client, `${links.origin}/layer`)).toEqual(content);
  expect(retries.map(({ delayMs }) => delayMs)).toEqual([500, 1000, 2000]);
});

test('a host of links that is down is not asked again for another layer', async () => {
  const links = await startServer((_, response) => response.destroy());
  const { client } = pullingClient();
  const read = async (path: string) => await rejection(readLayer(client, `${links.origin}/${path}`));
  expect(await read('a')).toMatchObject({ code: 'FOREIGN_LAYER_UNAVAILABLE' });
  const asked = links.requests.length;
  expect((await read('b')).message).toContain('it was not asked again');
  expect(links.requests).toHaveLength(asked);
});
