import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Reads pieces from stdin, each after its length in 4 bytes, and writes each of them in the same way: with compress/gzip at the level
 * of its argument, written at once.
 */
const program = `package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
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
	in := bufio.NewReader(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	for {
		var length uint32
		err := binary.Read(in, binary.LittleEndian, &length)
		if err == io.EOF {
			break
		}
		check(err)
		plain := make([]byte, length)
		_, err = io.ReadFull(in, plain)
		check(err)
		var packed bytes.Buffer
		writer, err := gzip.NewWriterLevel(&packed, level)
		check(err)
		_, err = writer.Write(plain)
		check(err)
		check(writer.Close())
		check(binary.Write(out, binary.LittleEndian, uint32(packed.Len())))
		_, err = out.Write(packed.Bytes())
		check(err)
	}
	check(out.Flush())
}
`;

const cache = fileURLToPath(new URL('../../node_modules/.cache/go-oracle', import.meta.url));
const headerSize = 10;
const trailerSize = 8;

/**
 * What the Go on this machine, before 1.27, writes for each of these inputs between the header and the trailer of a gzip file.
 *
 * @throws Error with what Go said
 */
export function goDeflate(plains: readonly Uint8Array[], level: number): readonly Buffer[] {
  const { status, stdout, stderr } = spawnSync(goOracle(), [String(level)], {
    input: Buffer.concat(plains.flatMap((plain) => [lengthOf(plain), plain])),
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`the Go program failed: ${stderr.toString()}`);
  const streams: Buffer[] = [];
  for (let at = 0; at < stdout.length;) {
    const end = at + 4 + stdout.readUInt32LE(at);
    streams.push(stdout.subarray(at + 4 + headerSize, end - trailerSize));
    at = end;
  }
  return streams;
}

function lengthOf(plain: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(plain.length);
  return length;
}

/** The path of the Go program, which is built once. */
function goOracle(): string {
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
