import { spawnSync } from 'node:child_process';

import { buildGoProgram } from './build-go-program.ts';

/** Reads all of stdin, and writes it with compress/flate at the level of its argument. */
const program = `package main

import (
	"bufio"
	"compress/flate"
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
	writer, err := flate.NewWriter(out, level)
	check(err)
	_, err = writer.Write(plain)
	check(err)
	check(writer.Close())
	check(out.Flush())
}
`;

/**
 * What compress/flate of Go 1.27 writes.
 *
 * @throws Error with what Go said
 */
export function go127Deflate(plain: Uint8Array, level: number): Buffer {
  const { status, stdout, stderr } = spawnSync(go127Oracle(), [String(level)], {
    input: plain,
    maxBuffer: 2 * plain.length + 2 ** 20,
  });
  if (status !== 0) throw new Error(`the Go program failed: ${stderr.toString()}`);
  return stdout;
}

/** The path of the Go program, which is built once. */
export function go127Oracle(): string {
  const files = { 'main.go': program, 'go.mod': 'module oracle\ngo 1.21\n' };
  return buildGoProgram({ files, toolchain: 'go1.27.4' });
}
