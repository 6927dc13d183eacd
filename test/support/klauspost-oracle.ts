import { spawnSync } from 'node:child_process';

import type { KlauspostGeneration } from '../../src/squeeze/klauspost/klauspost-generation.ts';
import { buildGoProgram } from './build-go-program.ts';

/**
 * Reads pieces from stdin, each after its length in 4 bytes, and writes each in the same way with pgzip or compress/flate: the level, and
 * the block size of pgzip or 0.
 */
const program = `package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"strconv"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/pgzip"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func writer(out io.Writer, level, blockSize int) io.WriteCloser {
	if blockSize == 0 {
		writer, err := flate.NewWriter(out, level)
		check(err)
		return writer
	}
	writer, err := pgzip.NewWriterLevel(out, level)
	check(err)
	check(writer.SetConcurrency(blockSize, 2))
	return writer
}

func main() {
	level, err := strconv.Atoi(os.Args[1])
	check(err)
	blockSize, err := strconv.Atoi(os.Args[2])
	check(err)
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
		writer := writer(&packed, level, blockSize)
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

/** A release of each generation of klauspost/compress, with what go.sum holds for it and for its go.mod. */
const releases: Readonly<Record<KlauspostGeneration, readonly [string, string, string]>> = {
  11203: [
    'v1.13.6',
    'h1:P76CopJELS0TiO2mebmnzgWaajssP/EszplttgQxcgc=',
    'h1:/3/Vjq9QcHkK5uEr5lBEmyoZ1iFhe47etQ6QUkpK6sk=',
  ],
  11403: [
    'v1.14.4',
    'h1:eijASRJcobkVtSt81Olfh7JX43osYLwy5krOJo6YEu4=',
    'h1:/3/Vjq9QcHkK5uEr5lBEmyoZ1iFhe47etQ6QUkpK6sk=',
  ],
  11500: [
    'v1.15.0',
    'h1:xqfchp4whNFxn5A4XFyyYtitiWI8Hy5EW59jEwcyL6U=',
    'h1:/3/Vjq9QcHkK5uEr5lBEmyoZ1iFhe47etQ6QUkpK6sk=',
  ],
  11510: [
    'v1.15.12',
    'h1:YClS/PImqYbn+UILDnqxQCZ3RehC9N318SU3kElDUEM=',
    'h1:QPwzmACJjUTFsnSHH934V6woptycfrDDJnH7hvFVbGM=',
  ],
  11801: [
    'v1.18.1',
    'h1:bcSGx7UbpBqMChDtsF28Lw6v/G94LPrrbMbdC3JH2co=',
    'h1:ZQFFVG+MdnR0P+l6wpXgIL4NTtwiKIdBnrBd8Nrxr+0=',
  ],
  11802: [
    'v1.20.0',
    'h1:a3C1ke2ohxFymNlb2HWAHjDeKCI90scRskErZkR0ezA=',
    'h1:LUdAzn7YLVvxLpc7y3V1m40wESHTgc1422pwwBSKYuI=',
  ],
  12004: [
    'v1.20.4',
    'h1:dD0v/bvxtjCBqQu6sx1TNWkalEY5lNTIe+HY9w8TeNI=',
    'h1:LUdAzn7YLVvxLpc7y3V1m40wESHTgc1422pwwBSKYuI=',
  ],
};

const pgzip = [
  'github.com/klauspost/pgzip v1.2.5 h1:qnWYvvKqedOF2ulHpMG72XQol4ILEJ8k2wwRl/Km8oE=',
  'github.com/klauspost/pgzip v1.2.5/go.mod h1:Ch1tH69qFZu15pkjo5kYi6mth2Zzwzt50oCQKQE9RUs=',
];

const headerSize = 10;
const trailerSize = 8;

/** How a stream is written. */
export interface KlauspostOracleOptions {
  readonly generation: KlauspostGeneration;
  readonly level: number;
  /** Of pgzip; without it, compress/flate writes the stream in one go. */
  readonly blockSize?: number;
}

/**
 * What klauspost's pgzip writes between the header and the trailer of a gzip file, or his compress/flate.
 *
 * @throws Error with what Go said
 */
export function klauspostDeflate(plain: Uint8Array, options: KlauspostOracleOptions): Buffer {
  return klauspostStreams([plain], options)[0] ?? Buffer.alloc(0);
}

/**
 * The same for each of several inputs, by one process.
 *
 * @throws Error with what Go said
 */
export function klauspostStreams(
  plains: readonly Uint8Array[],
  { generation, level, blockSize }: KlauspostOracleOptions,
): readonly Buffer[] {
  const arguments_ = [String(level), String(blockSize ?? 0)];
  const { status, stdout, stderr } = spawnSync(klauspostOracle(generation), arguments_, {
    input: Buffer.concat(plains.flatMap((plain) => [lengthOf(plain), plain])),
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`the Go program failed: ${stderr.toString()}`);
  const streams: Buffer[] = [];
  for (let at = 0; at < stdout.length;) {
    const end = at + 4 + stdout.readUInt32LE(at);
    const packed = stdout.subarray(at + 4, end);
    streams.push(blockSize === undefined ? packed : packed.subarray(headerSize, -trailerSize));
    at = end;
  }
  return streams;
}

function lengthOf(plain: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(plain.length);
  return length;
}

/** The path of the Go program of a generation, which is built once, with the modules from Go's proxy. */
export function klauspostOracle(generation: KlauspostGeneration): string {
  const [release, ...sums] = releases[generation];
  const module = [
    'module oracle',
    'go 1.21',
    `require github.com/klauspost/compress ${release}`,
    'require github.com/klauspost/pgzip v1.2.5',
    '',
  ].join('\n');
  const goSum = [
    `github.com/klauspost/compress ${release} ${sums[0]}`,
    `github.com/klauspost/compress ${release}/go.mod ${sums[1]}`,
    ...pgzip,
  ];
  return buildGoProgram({
    files: { 'main.go': program, 'go.mod': module, 'go.sum': `${goSum.join('\n')}\n` },
  });
}
