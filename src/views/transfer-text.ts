import { formatByteSize } from '../io/byte-size.ts';
import { durationText } from '../io/duration-text.ts';

/** How far a transfer is. */
export interface Transfer {
  readonly done: number;
  readonly total: number;
  /** Bytes in a second now, where that is known. */
  readonly perSecond?: number;
  /** How long it took, once it has ended. */
  readonly seconds?: number;
}

/** `1.20 GB of 3.00 GB, 40 %, 85.0 MB/s, 21 s left`; `3.00 GB of 3.00 GB, 100 %, in 35 s`. */
export function transferText({ done, total, perSecond, seconds }: Transfer): string {
  const parts = [`${formatByteSize(done)} of ${formatByteSize(total)}`, percentText(done, total)];
  if (seconds !== undefined) return [...parts, `in ${durationText(seconds)}`].join(', ');
  if (perSecond === undefined) return parts.join(', ');
  const left = perSecond > 0 ? [`${durationText((total - done) / perSecond)} left`] : [];
  return [...parts, `${formatByteSize(perSecond)}/s`, ...left].join(', ');
}

function percentText(done: number, total: number): string {
  return total === 0 ? '100 %' : `${Math.min(100, Math.floor((done / total) * 100))} %`;
}
