/**
 * The main file of a Go program for `programStreams`. Another file has `newWriter`, which gets the numbers of the command line; each
 * input is given to a writer at once.
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
