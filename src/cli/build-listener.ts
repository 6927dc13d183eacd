import { countOf } from '../views/count-of.ts';
import { planView } from '../views/plan-view.ts';
import { retryView } from '../views/retry-view.ts';
import { slowDownView } from '../views/slow-down-view.ts';
import { warningView } from '../views/warning-view.ts';
import type { BuildEvent, BuildListener, StepEvent, TransferEvent } from '../workflows/build-event.ts';
import type { Progress } from './progress.ts';
import { slowDownNews } from './slow-down-news.ts';

/**
 * Shows a build's events as progress.
 *
 * @param hidesPlan for a dry run, of which the plan is the result
 */
export function buildListener(progress: Progress, hidesPlan: boolean): BuildListener {
  const isNews = slowDownNews();
  return (event) => {
    if (event.kind === 'planned' && hidesPlan) return;
    if (event.kind === 'retry' && !isNews(event.retry)) return;
    if (isWork(event)) progress.tell(`${workText(event)} …`);
    else if (isStep(event)) showStep(event, progress);
    else showTransfer(event, progress);
  };
}

/** Work that is about to begin. */
type WorkEvent = Extract<
  StepEvent,
  { readonly kind: 'fetching-charts' | 'finding-companions' | 'checking-signatures' | 'sharing' }
>;

const workKinds: ReadonlySet<BuildEvent['kind']> = new Set([
  'fetching-charts',
  'finding-companions',
  'checking-signatures',
  'sharing',
]);

function isWork(event: BuildEvent): event is WorkEvent {
  return workKinds.has(event.kind);
}

const stepKinds: ReadonlySet<BuildEvent['kind']> = new Set(['warning', 'pinning', 'planned', 'retry']);

function isStep(event: BuildEvent): event is Exclude<StepEvent, WorkEvent> {
  return stepKinds.has(event.kind);
}

function showStep(event: Exclude<StepEvent, WorkEvent>, progress: Progress): void {
  switch (event.kind) {
    case 'warning':
      return progress.warn(warningView(event.warning));
    case 'pinning':
      return event.done === 0 ? progress.tell(`Pinning ${countOf(event.total, 'image')} …`) : undefined;
    case 'planned':
      return progress.tell(planView(event.plan));
    case 'retry':
      return progress.tell(slowDownView(event.retry) ?? retryView(event.retry));
    default:
      throw new TypeError('unknown event');
  }
}

function workText(event: WorkEvent): string {
  switch (event.kind) {
    case 'fetching-charts':
      return `Fetching ${countOf(event.charts, 'chart')}`;
    case 'finding-companions':
      return `Looking for companions of ${countOf(event.images, 'image')}`;
    case 'checking-signatures':
      return `Checking the signatures of ${countOf(event.images, 'image')}`;
    case 'sharing':
      return `Putting ${countOf(event.blobs, 'blob')} into shared stores`;
    default:
      throw new TypeError('unknown event');
  }
}

function showTransfer(event: TransferEvent, progress: Progress): void {
  switch (event.kind) {
    case 'pulling':
      return progress.startPhase('Pulling', event.total);
    case 'blob-started':
      return progress.startItem(event.blob.digest, lastPart(event.repository), event.blob.size);
    case 'blob-bytes':
      progress.advance(event.count);
      return progress.advanceItem(event.digest, event.count);
    case 'blob-finished':
      return progress.endItem(event.digest);
    case 'analyzing':
      return progress.startPhase('Looking at layers', event.total);
    case 'writing':
      return progress.startPhase('Writing', event.total);
    case 'analyzed-bytes':
    case 'written-bytes':
      return progress.advance(event.count);
    default:
      throw new TypeError('unknown event');
  }
}

function lastPart(repository: string): string {
  return repository.slice(repository.lastIndexOf('/') + 1);
}
