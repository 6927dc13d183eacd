import type { EmbedListener, EmbedResources } from '../workflows/embed-installer.ts';
import type { TreeListener } from '../workflows/make-installer-tree.ts';
import { findProgram } from './discovery-flags.ts';
import type { Progress } from './progress.ts';

const steps = { writing: 'Writing', comparing: 'Comparing', hashing: 'Hashing' } as const;

/** What embedding uses: xorriso from the PATH. */
export function embedResources(progress: Progress): EmbedResources {
  return { xorriso: findProgram('xorriso', process.env['PATH']), listener: embedListener(progress) };
}

/** Shows how an installer is written as progress. */
function embedListener(progress: Progress): EmbedListener {
  return {
    onStep: (step, total) => progress.startPhase(steps[step], total),
    onBytes: (count) => progress.advance(count),
  };
}

/** Shows how a folder is written as progress. */
export function treeListener(progress: Progress): TreeListener {
  return {
    onStart: (total) => progress.startPhase('Copying', total),
    onBytes: (count) => progress.advance(count),
  };
}
