import type { DeflateEncoder, EncoderCheckpoint } from './deflate-encoder.ts';
import type { EncoderParameters } from './encoder-parameters.ts';
import { canBeginAtCheckpoints, createEncoder } from './encoders.ts';
import { ExpectedBytes } from './expected-bytes.ts';

/** Follows a stream as it is read, to find out whether an encoder writes it. */
export interface StreamFollower {
  /** The next bytes of the stream, before the plain bytes they give. Some at the end may turn out to be of something else. */
  stream(bytes: Uint8Array): void;
  /** The next plain bytes. */
  plain(bytes: Uint8Array): void;
  /** That nothing can come of it any more. */
  readonly failed: boolean;
  /**
   * Ends the stream.
   *
   * @param behind how many bytes were no longer of the stream
   * @returns whether the encoder writes exactly this stream
   */
  finish(behind: number): boolean;
  /** Where the encoder can begin in the middle, some mebibytes apart. */
  readonly checkpoints: readonly EncoderCheckpoint[];
  /** After `finish`: the corrections it made, when that is what it does. */
  readonly corrections?: Uint8Array | undefined;
}

/** What is given to restore a stream that is no exact encoder's. */
export interface FollowedEncoder {
  readonly parameters: EncoderParameters;
  readonly corrections?: Uint8Array;
}

/** A stretch that a thread restores at once: some tenths of a second of work. */
const checkpointDistance = 8 * 1024 * 1024;

/** No encoder holds back more of a stream than what a block of it can have. */
const mostLag = 16 * 1024 * 1024;

/** Follows a stream with an encoder: what it writes must be what is there. */
export function followWithEncoder({ parameters, corrections }: FollowedEncoder): StreamFollower {
  const expected = new ExpectedBytes(mostLag);
  const checkpoints: EncoderCheckpoint[] = [];
  const onBlock = (checkpoint: EncoderCheckpoint): void => {
    if (checkpoint.plain >= (checkpoints.at(-1)?.plain ?? 0) + checkpointDistance)
      checkpoints.push(checkpoint);
  };
  const encoder: DeflateEncoder | undefined = createEncoder(parameters, {
    sink: (bytes) => expected.compare(bytes),
    ...(canBeginAtCheckpoints(parameters) && { options: { onBlock } }),
    ...(corrections !== undefined && { corrections }),
    maximumSize: Number.MAX_SAFE_INTEGER,
  });
  if (encoder === undefined) throw new TypeError(`no encoder: ${parameters.encoder}`);
  return {
    checkpoints,
    stream: (bytes) => expected.expect(bytes),
    plain: (bytes) => {
      if (!expected.differs) encoder.write(bytes);
    },
    get failed() {
      return expected.differs;
    },
    finish: (behind) => {
      expected.retract(behind);
      if (!expected.differs) encoder.finish();
      return !expected.differs && expected.left === 0;
    },
  };
}
