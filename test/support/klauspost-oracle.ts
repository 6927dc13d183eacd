import type { KlauspostGeneration } from '../../src/squeeze/klauspost/klauspost-generation.ts';
import { buildGoProgram } from './build-go-program.ts';
import { goStreamsMain } from './go-streams-main.ts';
import { programStreams } from './program-streams.ts';

/** Makes the writers of pgzip or compress/flate: the settings are the level, and the block size of pgzip or 0. */
const newWriter = `package main

import (
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/pgzip"
)

func newWriter(out io.Writer, settings []int) (io.WriteCloser, error) {
	level, blockSize := settings[0], settings[1]
	if blockSize == 0 {
		return flate.NewWriter(out, level)
	}
	writer, err := pgzip.NewWriterLevel(out, level)
	if err != nil {
		return nil, err
	}
	return writer, writer.SetConcurrency(blockSize, 2)
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
  const command = [klauspostOracle(generation), String(level), String(blockSize ?? 0)] as const;
  const streams = programStreams(command, plains);
  if (blockSize === undefined) return streams;
  return streams.map((file) => file.subarray(headerSize, -trailerSize));
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
    files: {
      'main.go': goStreamsMain,
      'writer.go': newWriter,
      'go.mod': module,
      'go.sum': `${goSum.join('\n')}\n`,
    },
  });
}
