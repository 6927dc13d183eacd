import { invalidCorrections } from './invalid-corrections.ts';
import {
  encodeParameters,
  parametersSize,
  parseParameters,
  type ModelParameters,
} from './model-parameters.ts';

/** What corrections consist of (docs/gzip-encoders/corrections.md). */
export interface CorrectionsParts {
  readonly parameters: ModelParameters;
  /** Coded blocks and tokens. */
  readonly blocks: Uint8Array;
  readonly tokens: Uint8Array;
}

/** First byte. Anything else is refused: what bytes mean is never changed without a new one. */
const version = 1;
const headSize = 1 + parametersSize + 4;

/** Joins the parts. */
export function encodeCorrections({ parameters, blocks, tokens }: CorrectionsParts): Uint8Array {
  const bytes = new Uint8Array(headSize + blocks.length + tokens.length);
  bytes[0] = version;
  bytes.set(encodeParameters(parameters), 1);
  new DataView(bytes.buffer).setUint32(1 + parametersSize, blocks.length, true);
  bytes.set(blocks, headSize);
  bytes.set(tokens, headSize + blocks.length);
  return bytes;
}

/** @throws PaletteEdgeError CORRECTIONS_INVALID */
export function parseCorrections(bytes: Uint8Array): CorrectionsParts {
  if (bytes[0] !== version)
    throw invalidCorrections(`their version is ${bytes[0] ?? 'missing'}, not ${version}`);
  if (bytes.length < headSize) throw invalidCorrections('they end too early');
  const parameters = parseParameters(bytes.subarray(1, 1 + parametersSize));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocksEnd = headSize + view.getUint32(1 + parametersSize, true);
  if (blocksEnd > bytes.length) throw invalidCorrections('they end too early');
  return { parameters, blocks: bytes.subarray(headSize, blocksEnd), tokens: bytes.subarray(blocksEnd) };
}
