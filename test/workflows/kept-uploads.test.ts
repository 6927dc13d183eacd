import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, readdir, readFile, rename, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import type { UploadPlace } from '../../src/registry/upload-records.ts';
import { KeptUploads } from '../../src/workflows/kept-uploads.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const place: UploadPlace = {
  origin: 'https://registry.site',
  repository: 'edge/core',
  blob: { digest: digestOf('bundle'), size: 1000 },
};
const upload = {
  location: 'https://registry.site/v2/edge/core/blobs/uploads/1?_state=x',
  leastChunk: 0,
  sentTo: 500,
};

async function keptBefore() {
  const folder = join(await temporaryFolder(), 'uploads');
  const record = await new KeptUploads(folder).open(place);
  await record?.keep(upload);
  const [name = ''] = await readdir(folder);
  return { folder, path: join(folder, name) };
}

const found = async (folder: string, of: UploadPlace = place) =>
  (await new KeptUploads(folder).open(of))?.found;

test('what one run leaves the next one finds, and what is forgotten nobody', async () => {
  const { folder } = await keptBefore();
  const record = await new KeptUploads(folder).open(place);
  expect(record?.found).toEqual(upload);
  await record?.forget();
  expect(await readdir(folder)).toEqual([]);
  expect(await found(folder)).toBeUndefined();
});

test.each([
  { ...place, origin: 'http://registry.site' },
  { ...place, repository: 'edge/other' },
  { ...place, blob: { ...place.blob, digest: digestOf('other') } },
  { ...place, blob: { ...place.blob, size: 1001 } },
])('another upload is not found: %j', async (other) => {
  const { folder } = await keptBefore();
  expect(await found(folder, other)).toBeUndefined();
});

test('an upload is of one of a process at a time', async () => {
  const { folder } = await keptBefore();
  const uploads = new KeptUploads(folder);
  const first = await uploads.open(place);
  expect(await uploads.open(place)).toBeUndefined();
  first?.[Symbol.dispose]();
  expect((await uploads.open(place))?.found).toEqual(upload);
});

test('what a running process is about is not taken from it, and is once it has ended', async () => {
  const { folder, path } = await keptBefore();
  const other = spawn('sleep', ['60']);
  onTestFinished(() => {
    other.kill();
  });
  await once(other, 'spawn');
  const stat = await readFile(`/proc/${other.pid}/stat`, 'utf8');
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  const document: { process: object } = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(
    path,
    JSON.stringify({ ...document, process: { ...document.process, pid: other.pid, started } }),
  );
  expect(await new KeptUploads(folder).open(place)).toBeUndefined();
  const ended = once(other, 'exit');
  other.kill('SIGKILL');
  await ended;
  expect(await found(folder)).toEqual(upload);
});

test('what is large, a link or no file is as if it were not there', async () => {
  const { folder, path } = await keptBefore();
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.padEnd(20_000));
  expect(await found(folder)).toBeUndefined();
  await writeFile(path, text);
  expect(await found(folder)).toEqual(upload);
  await rename(path, join(folder, 'elsewhere'));
  await symlink('elsewhere', path);
  expect(await found(folder)).toBeUndefined();
});

test('a location that is too long is not kept, nor an older one', async () => {
  const { folder } = await keptBefore();
  const record = await new KeptUploads(folder).open(place);
  await record?.keep({ ...upload, location: upload.location.padEnd(10_000, 'x') });
  expect(await readdir(folder)).toEqual([]);
});

test('what is older than a week goes, and the oldest of more than 256', async () => {
  const { folder } = await keptBefore();
  const now = Date.now() / 1000;
  const days = 24 * 60 * 60;
  await writeFile(join(folder, 'old.json'), '');
  await utimes(join(folder, 'old.json'), now, now - 8 * days);
  for (let index = 0; index < 256; index += 1) {
    await writeFile(join(folder, `${index}.json`), '');
    await utimes(join(folder, `${index}.json`), now, now - days - index);
  }
  expect(await found(folder)).toEqual(upload);
  const names = await readdir(folder);
  expect(names).toHaveLength(256);
  expect(names).not.toContain('old.json');
  expect(names).not.toContain('255.json');
});

test('where nothing can be written nothing is remembered', async () => {
  const folder = join(await temporaryFolder(), 'file');
  await writeFile(folder, '');
  expect(await new KeptUploads(folder).open(place)).toBeUndefined();
  expect((await lstat(folder)).isFile()).toBe(true);
});
