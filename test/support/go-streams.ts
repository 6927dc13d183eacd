import { spawnSync } from 'node:child_process';

/**
 * The main file of a Go program that reads pieces from stdin, each after its length in 4 bytes, and writes each of them in the same way,
 * at once, with the `newWriter` of another file. This gets the numbers of the command line.
 */
export const goStreamsMain = `package main

import (
	"bufio"
	"bytes"
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
	var settings []int
	for _, argument := range os.Args[1:] {
		setting, err := strconv.Atoi(argument)
		check(err)
		settings = append(settings, setting)
	}
	in := bufio.NewReader(os.Stdin)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
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
		writer, err := newWriter(&packed, settings)
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

/** The `newWriter` of compress/flate, whose only setting is the level. */
export const goFlateWriter = `package main

import (
	"compress/flate"
	"io"
)

func newWriter(out io.Writer, settings []int) (io.WriteCloser, error) {
	return flate.NewWriter(out, settings[0])
}
`;

/**
 * What a program made of {@link goStreamsMain} writes for each of these inputs.
 *
 * @param program its path
 * @throws Error with what Go said
 */
export function goStreams(
  program: string,
  settings: readonly number[],
  plains: readonly Uint8Array[],
): readonly Buffer[] {
  const input = Buffer.concat(plains.flatMap((plain) => [lengthOf(plain), plain]));
  const { status, stdout, stderr } = spawnSync(
    program,
    settings.map((setting) => String(setting)),
    { input, maxBuffer: 2 * input.length + 2 ** 20 },
  );
  if (status !== 0) throw new Error(`the Go program failed: ${stderr.toString()}`);
  const streams: Buffer[] = [];
  for (let at = 0; at < stdout.length;) {
    const end = at + 4 + stdout.readUInt32LE(at);
    streams.push(stdout.subarray(at + 4, end));
    at = end;
  }
  if (streams.length !== plains.length) {
    throw new Error(`the Go program wrote ${streams.length} streams for ${plains.length} inputs`);
  }
  return streams;
}

function lengthOf(plain: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(plain.length);
  return length;
}
