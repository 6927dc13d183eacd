import { HashThread } from '../io/hash-thread.ts';
import type { EmbedListener, EmbedResources } from '../workflows/embed-installer.ts';
import type { TreeListener, TreeResources } from '../workflows/make-installer-tree.ts';
import { findProgram } from './discovery-flags.ts';
import type { Progress } from './progress.ts';

const steps = {
  verifying: 'Verifying bundle',
  copying: 'Copying',
  writing: 'Writing',
  comparing: 'Comparing',
  hashing: 'Hashing',
} as const;

/** The real parts of a command about installers. Disposing ends the thread. */
interface Wiring<Resources> extends AsyncDisposable {
  readonly resources: Resources;
}

/** What embedding uses: xorriso from the PATH. */
export function wireEmbedding(progress: Progress): Wiring<EmbedResources> {
  const hasher = new HashThread();
  const xorriso = findProgram('xorriso', process.env['PATH']);
  return { resources: { xorriso, hasher, listener: listenerFor(progress) }, ...ending(hasher) };
}

/** What making a folder uses. */
export function wireTree(progress: Progress): Wiring<TreeResources> {
  const hasher = new HashThread();
  return { resources: { hasher, listener: listenerFor(progress) }, ...ending(hasher) };
}

function ending(hasher: HashThread): AsyncDisposable {
  return { [Symbol.asyncDispose]: async () => await hasher[Symbol.asyncDispose]() };
}

/** Shows the steps as progress. */
function listenerFor(progress: Progress): EmbedListener & TreeListener {
  return {
    onStep: (step: keyof typeof steps, total) => progress.startPhase(steps[step], total),
    onBytes: (count) => progress.advance(count),
  };
}
