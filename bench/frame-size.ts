/**
 * What the size of frames costs and gains: bytes, seconds, and what must be decompressed to read one manifest.
 *
 *   npx node bench/frame-size.ts [FILE …]
 *
 * Without files it makes gzip layers and plain tars of /usr/lib and /usr/share/doc, up to 200 MB of each.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';

import { compressFrame, decompressFrame } from '../src/bundle/zstd-frames.ts';

const sizes = [0.25, 0.5, 1, 2, 4, 8].map((mebibytes) => mebibytes * 1024 * 1024);
const levels = [3, 9];

const inputs = process.argv.length > 2 ? await readAll(process.argv.slice(2)) : await makeInputs();
console.log('| content | level | frame | size | compress MB/s | decompress MB/s |');
console.log('| --- | --- | --- | --- | --- | --- |');
for (const { name, bytes } of inputs) {
  for (const level of levels) for (const size of sizes) console.log(await row(name, bytes, { level, size }));
}

async function row(
  name: string,
  bytes: Buffer,
  { level, size }: { level: number; size: number },
): Promise<string> {
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  const started = performance.now();
  const frames = pieces.map((piece) => compressFrame(piece, level));
  const compressed = performance.now();
  for (const [index, frame] of frames.entries()) await decompressFrame(frame, pieces[index]?.length ?? 0);
  const decompressed = performance.now();
  const total = frames.reduce((sum, frame) => sum + frame.length, 0);
  const speed = (milliseconds: number): string => (bytes.length / 1000 / milliseconds).toFixed(0);
  const ratio = ((total / bytes.length) * 100).toFixed(2);
  return `| ${name} | ${level} | ${size / 1024} KiB | ${ratio} % | ${speed(compressed - started)} | ${speed(decompressed - compressed)} |`;
}

async function makeInputs(): Promise<{ name: string; bytes: Buffer }[]> {
  const folders = ['/usr/lib', '/usr/share/doc'];
  const tars = await Promise.all(folders.map(tarOf));
  const tar = Buffer.concat(tars.map((bytes) => bytes.subarray(0, 100_000_000)));
  return [
    { name: 'gzip layers', bytes: gzipSync(tar) },
    { name: 'plain tar', bytes: tar },
  ];
}

async function tarOf(folder: string): Promise<Buffer> {
  const child = spawn('sh', ['-c', `tar -C "$1" -cf - . 2>/dev/null | head -c 100000000`, 'sh', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return await buffer(child.stdout);
}

async function readAll(paths: readonly string[]): Promise<{ name: string; bytes: Buffer }[]> {
  return await Promise.all(paths.map(async (path) => ({ name: path, bytes: await readFile(path) })));
}
