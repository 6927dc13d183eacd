import type { AnalysisPasses } from './analysis-passes.ts';
import { createCorrectionsAnalyzer } from './corrections/corrections-analyzer.ts';
import type { StreamFollower } from './follow-stream.ts';

/**
 * Follows a stream that no encoder writes, to describe it by corrections. That these give the stream is not known before they were tried.
 *
 * @param maximumSize most bytes of corrections
 */
export function followWithCorrections(maximumSize: number, passes: AnalysisPasses): StreamFollower {
  const analyzer = createCorrectionsAnalyzer({ maximumSize, before: passes.model });
  const parser = passes.correctionsParser.begin((bytes) => analyzer.plain(bytes), analyzer);
  let corrections: Uint8Array | undefined;
  return {
    checkpoints: [],
    stream: (bytes) => {
      if (!analyzer.exceeded) parser.push(bytes);
    },
    plain: () => {
      // Its own parser has them already, with the tokens they came from.
    },
    get failed() {
      return analyzer.exceeded;
    },
    get corrections() {
      return corrections;
    },
    finish: () => {
      if (parser.state === 'ended') corrections = analyzer.finish(parser.padding);
      passes.model = analyzer.model ?? passes.model;
      return corrections !== undefined;
    },
  };
}
