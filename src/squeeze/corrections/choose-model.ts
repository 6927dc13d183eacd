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

/** Plain bytes on which all models are tried; the best of them are then tried on the whole sample. */
const firstLook = 96 * 1024;
const finalists = 3;

/** A model may cost this much more, in parts of its corrections, for each halving of the positions that it tries: it is faster. */
const worthOfHalving = 0.03;

/** The model that needs the fewest corrections for a sample. */
export function chooseModel(sample: StreamSample): ModelParameters {
  const costs = modelPresets.map((parameters) => ({
    parameters,
    bits: costOf(parameters, sample, firstLook),
  }));
  const best = costs.toSorted((one, other) => one.bits - other.bits).slice(0, finalists);
  const exact = best.map(({ parameters }) => ({ parameters, bits: costOf(parameters, sample, Infinity) }));
  return exact.reduce((least, one) => (one.bits < least.bits ? one : least)).parameters;
}

function costOf(parameters: ModelParameters, { window, tokens }: StreamSample, plain: number): number {
  const own = { bytes: window.bytes, end: window.end, position: 0, complete: window.complete };
  const coder = createCostCoder(tokenContexts);
  const model = createTokenModel(parameters, own, coder);
  for (const token of tokens) {
    if (own.position >= plain || !canGoOn(own)) break;
    if (token >= 0) model.token(token);
    else if (own.end - own.position >= -token) model.skip(-token);
    else break;
  }
  return coder.bits * (1 + worthOfHalving * Math.log2(parameters.chain));
}
