/** Times are in milliseconds of any one clock. */
interface Sample {
  readonly time: number;
  readonly bytes: number;
}

const windowMs = 10_000;
const sampleMs = 250;

/** How fast bytes move, over the last ten seconds: quick to follow, not jumpy. */
export class TransferRate {
  readonly #samples: Sample[];
  #bytes = 0;

  constructor(now: number) {
    this.#samples = [{ time: now, bytes: 0 }];
  }

  add(count: number, now: number): void {
    this.#bytes += count;
    const last = this.#samples.at(-1);
    if (last !== undefined && now - last.time < sampleMs) return;
    this.#samples.push({ time: now, bytes: this.#bytes });
    while (this.#samples.length > 2 && now - (this.#samples[1]?.time ?? now) > windowMs)
      this.#samples.shift();
  }

  /** Bytes in a second; undefined as long as that cannot be told. */
  perSecond(now: number): number | undefined {
    const first = this.#samples[0];
    if (first === undefined || now - first.time < sampleMs) return undefined;
    return ((this.#bytes - first.bytes) * 1000) / (now - first.time);
  }
}
