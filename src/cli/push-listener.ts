import { pushPlanView } from '../views/push-view.ts';
import { retryView } from '../views/retry-view.ts';
import { slowDownView } from '../views/slow-down-view.ts';
import { countOf } from '../views/count-of.ts';
import { warningView } from '../views/warning-view.ts';
import type { PushEvent, PushListener } from '../workflows/push-event.ts';
import type { Progress } from './progress.ts';
import { slowDownNews } from './slow-down-news.ts';

/**
 * Shows a push's events as progress.
 *
 * @param hidesPlan for a dry run, of which the plan is the result
 */
export function pushListener(progress: Progress, hidesPlan: boolean): PushListener {
  const isNews = slowDownNews();
  return (event) => {
    // Where all images failed, there is nothing to tell but the failures.
    if (event.kind === 'planned' && (hidesPlan || event.plan.images.length === 0)) return;
    if (event.kind === 'retry' && !isNews(event.retry)) return;
    showEvent(event, progress);
  };
}

function showEvent(event: PushEvent, progress: Progress): void {
  switch (event.kind) {
    case 'warning':
      return progress.warn(warningView(event.warning));
    case 'asking':
      return progress.tell(`Asking what is there of ${countOf(event.images, 'image')} …`);
    case 'planned':
      return progress.tell(pushPlanView(event.plan));
    case 'retry':
      return progress.tell(slowDownView(event.retry) ?? retryView(event.retry));
    case 'sending':
      return progress.startPhase('Pushing', event.total);
    case 'blob-started':
      return progress.startItem(
        event.blob.digest,
        event.repository.slice(event.repository.lastIndexOf('/') + 1),
        event.blob.size,
      );
    case 'blob-bytes':
      progress.advance(event.count);
      return progress.advanceItem(event.digest, event.count);
    case 'blob-finished':
      return progress.endItem(event.digest);
    default:
      throw new TypeError('unknown event');
  }
}
