import { createCostCoder } from './cost-coder.ts';
import type { ModelParameters } from './model-parameters.ts';
import { modelPresets } from './model-presets.ts';
import { canGoOn, type PlainWindow } from './plain-window.ts';
import { createTokenModel, tokenContexts } from './token-model.ts';

/** The beginning of a stream: its plain bytes, and its tokens; below 0 the length of a stored block. */
export interface StreamSample {
  readonly window: PlainWindow;
  readonly tokens: Int32Array;
}

/** A model that was chosen. */
export interface ChosenModel {
  readonly parameters: ModelParameters;
  /** How many plain bytes it was chosen from. */
  readonly from: number;
}

/** Plain bytes on which all models are tried; the best of them are then tried on the whole sample. */
const firstLook = 96 * 1024;
const finalists = 3;

/** A model may cost this much more, in parts of its corrections, for each halving of the positions that it tries: it is faster. */
const worthOfHalving = 0.03;

/** A model is given up on the first look when it needs this many times the bits of the best so far. */
const hopeless = 2;

/**
 * The model that needs the fewest corrections for a sample.
 *
 * @param before what was chosen for a stream of the same file: taken for a whole stream that is not much larger, as choosing takes far
 *   longer than to describe a small stream
 */
export function chooseModel(sample: StreamSample, before?: ChosenModel): ChosenModel {
  const { complete, end } = sample.window;
  if (before !== undefined && complete && end <= before.from * 2) return before;
  return { parameters: bestModel(sample), from: end };
}

function bestModel(sample: StreamSample): ModelParameters {
  let least = Infinity;
  const costs = modelPresets.map((parameters) => {
    const bits = costOf(parameters, sample, { plain: firstLook, most: least * hopeless });
    least = Math.min(least, bits);
    return { parameters, bits };
  });
  const best = costs.toSorted((one, other) => one.bits - other.bits).slice(0, finalists);
  const whole = { plain: Infinity, most: Infinity };
  const exact = best.map(({ parameters }) => ({ parameters, bits: costOf(parameters, sample, whole) }));
  return exact.reduce((one, other) => (other.bits < one.bits ? other : one)).parameters;
}

interface Look {
  /** Plain bytes that are looked at. */
  readonly plain: number;
  /** The result is infinite when it is more. */
  readonly most: number;
}

function costOf(
  parameters: ModelParameters,
  { window, tokens }: StreamSample,
  { plain, most }: Look,
): number {
  const own = { bytes: window.bytes, end: window.end, position: 0, complete: window.complete };
  const coder = createCostCoder(tokenContexts);
  const model = createTokenModel(parameters, own, coder);
  const slowness = 1 + worthOfHalving * Math.log2(parameters.chain);
  for (const token of tokens) {
    if (own.position >= plain || !canGoOn(own)) break;
    if (coder.bits * slowness > most) return Infinity;
    if (token >= 0) model.token(token);
    else if (own.end - own.position >= -token) model.skip(-token);
    else break;
  }
  return coder.bits * slowness;
}
