import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Reads all of stdin, and writes it with compress/gzip at the level of its argument, in one piece as most builders' buffers do. */
const program = `package main

import (
	"bufio"
	"compress/gzip"
	"io"
	"os"
	"strconv"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	level, err := strconv.Atoi(os.Args[1])
	check(err)
	plain, err := io.ReadAll(os.Stdin)
	check(err)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	writer, err := gzip.NewWriterLevel(out, level)
	check(err)
	_, err = writer.Write(plain)
	check(err)
	check(writer.Close())
	check(out.Flush())
}
`;

const cache = fileURLToPath(new URL('../../node_modules/.cache/go-oracle', import.meta.url));
const headerSize = 10;
const trailerSize = 8;

/**
 * What the Go on this machine, before 1.27, writes between the header and the trailer of a gzip file.
 *
 * @throws Error with what Go said
 */
export function goDeflate(plain: Uint8Array, level: number): Buffer {
  const { status, stdout, stderr } = spawnSync(goOracle(), [String(level)], {
    input: plain,
    maxBuffer: 2 * plain.length + 2 ** 20,
  });
  if (status !== 0) throw new Error(`the Go program failed: ${stderr.toString()}`);
  return stdout.subarray(headerSize, stdout.length - trailerSize);
}

/** The path of the Go program, which is built once. */
export function goOracle(): string {
  const version = execFileSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).trim();
  if (!/^go1\.(?:[89]|1\d|2[0-6])(?:\D|$)/.test(version)) {
    throw new Error(`this test needs Go 1.8 to 1.26, whose compress/flate it compares with: ${version}`);
  }
  const name = createHash('sha256').update(version).update(program).digest('hex').slice(0, 16);
  const binary = join(cache, name);
  if (!existsSync(binary)) build(binary);
  return binary;
}

function build(binary: string): void {
  mkdirSync(cache, { recursive: true });
  // Several test files may build it at once: each in a folder of its own.
  const folder = mkdtempSync(join(cache, 'build-'));
  try {
    writeFileSync(join(folder, 'main.go'), program);
    execFileSync('go', ['build', '-trimpath', '-o', 'oracle', 'main.go'], { cwd: folder });
    renameSync(join(folder, 'oracle'), binary);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
