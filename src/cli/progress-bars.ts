import { MultiBar } from 'cli-progress';
import type { SingleBar } from 'cli-progress';

import { formatByteSize } from '../io/byte-size.ts';
import { transferText } from '../views/transfer-text.ts';
import type { Progress } from './progress.ts';
import { terminalText } from './terminal-text.ts';
import { TransferRate } from './transfer-rate.ts';
import { columnsOf, wrapText } from './wrap-text.ts';

/** More bars than that scroll a small terminal. */
const maximumItems = 8;
/** Label, bar and the longest usual text fit into 80 columns: what does not fit is cut off, the time left first. */
const labelWidth = 16;
const barWidth = 8;

// ECMA-48, ED; DEC private mode 7: cli-progress has lines cut off while it draws, and clears one row only.
const clearBars = '\u001B[J';
const wrapLines = '\u001B[?7h';
const cutLines = '\u001B[?7l';

interface Phase {
  readonly bars: MultiBar;
  readonly bar: SingleBar;
  readonly rate: TransferRate;
  readonly total: number;
  done: number;
  readonly items: Map<string, SingleBar>;
}

/** Progress for a person at a terminal: one bar for the phase, one for each blob in flight; gone when the phase ends. */
export class ProgressBars implements Progress {
  readonly #stream: NodeJS.WritableStream;
  #phase: Phase | undefined;
  /** The second Ctrl-C waits for nothing; the cursor would stay hidden. */
  readonly #atExit = (): void => this.close();

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  tell(text: string): void {
    const columns = columnsOf(this.#stream);
    const shown = columns === undefined ? terminalText(text) : wrapText(terminalText(text), columns);
    if (this.#phase === undefined) this.#stream.write(`${shown}\n`);
    else this.#phase.bars.log(`${clearBars}${wrapLines}${shown}${cutLines}\n`);
  }

  warn(text: string): void {
    this.tell(text);
  }

  startPhase(label: string, total: number): void {
    this.close();
    const bars = new MultiBar({
      stream: this.#stream,
      format: '{label} [{bar}] {text}',
      barsize: barWidth,
      barCompleteChar: '#',
      barIncompleteChar: '-',
      hideCursor: true,
      clearOnComplete: true,
      // Otherwise a bar that did not change is not drawn again where it has moved to.
      forceRedraw: true,
      fps: 5,
    });
    const rate = new TransferRate(performance.now());
    const text = transferText({ done: 0, total });
    const bar = bars.create(Math.max(1, total), 0, { label: padded(label), text });
    this.#phase = { bars, bar, rate, total, done: 0, items: new Map() };
    process.once('exit', this.#atExit);
  }

  advance(count: number): void {
    const phase = this.#phase;
    if (phase === undefined) return;
    const now = performance.now();
    phase.done += count;
    phase.rate.add(count, now);
    const { done, total } = phase;
    phase.bar.update(done, { text: transferText({ done, total, perSecond: phase.rate.perSecond(now) }) });
  }

  startItem(id: string, label: string, total: number): void {
    const { items, bars } = this.#phase ?? {};
    if (items === undefined || bars === undefined || items.has(id) || items.size >= maximumItems) return;
    const text = formatByteSize(total);
    items.set(id, bars.create(Math.max(1, total), 0, { label: padded(terminalText(label)), text }));
  }

  advanceItem(id: string, count: number): void {
    this.#phase?.items.get(id)?.increment(count);
  }

  endItem(id: string): void {
    const bar = this.#phase?.items.get(id);
    if (bar === undefined) return;
    this.#phase?.items.delete(id);
    this.#phase?.bars.remove(bar);
  }

  close(): void {
    const bars = this.#phase?.bars;
    this.#phase = undefined;
    process.off('exit', this.#atExit);
    // Stopping alone would drop what was told since the bars were drawn last.
    bars?.update();
    bars?.stop();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function padded(label: string): string {
  const short = label.length > labelWidth ? `…${label.slice(1 - labelWidth)}` : label;
  return short.padEnd(labelWidth);
}
