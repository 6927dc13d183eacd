import { Writable } from 'node:stream';

/**
 * A terminal in memory: a TTY stream that keeps what a person would see. It knows the sequences that progress bars use,
 * and fails on any other, so that none goes unnoticed.
 */
export class FakeTerminal extends Writable {
  readonly isTTY = true;
  readonly columns: number;
  isCursorHidden = false;
  wraps = true;
  readonly #rows: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(columns = 80) {
    super({ decodeStrings: false });
    this.columns = columns;
  }

  /** The screen with everything that has scrolled off it; without the blanks at the ends of lines and after the last. */
  get screen(): string[] {
    const rows = this.#rows.map((row) => row.trimEnd());
    while (rows.at(-1) === '') rows.pop();
    return rows;
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    for (const match of chunk.matchAll(tokens)) {
      const command = match.at(2);
      if (command === undefined) this.#print(match[0]);
      else this.#control(match.at(1) ?? '', command);
    }
    done();
  }

  #print(text: string): void {
    for (const character of text) {
      if (character === '\n') this.#moveTo(this.#row + 1, 0);
      else this.#put(character);
    }
  }

  #put(character: string): void {
    if (this.#column >= this.columns) {
      if (this.wraps) this.#moveTo(this.#row + 1, 0);
      else this.#column = this.columns - 1;
    }
    const row = (this.#rows[this.#row] ?? '').padEnd(this.#column);
    this.#rows[this.#row] = row.slice(0, this.#column) + character + row.slice(this.#column + 1);
    this.#column += 1;
  }

  #moveTo(row: number, column: number): void {
    this.#row = Math.max(0, row);
    this.#column = column;
    while (this.#rows.length <= this.#row) this.#rows.push('');
  }

  #control(parameters: string, command: string): void {
    const control = this.#controls.get(`${parameters.startsWith('?') ? parameters : ''}${command}`);
    if (control === undefined)
      throw new Error(`this terminal does not know the sequence ${parameters}${command}`);
    control(Number(parameters));
  }

  /** ECMA-48 (CUU, CHA, EL, ED) and DEC private modes 7 and 25. */
  readonly #controls: ReadonlyMap<string, (parameter: number) => void> = new Map([
    ['A', (count: number) => this.#moveTo(this.#row - count, this.#column)],
    ['G', (column: number) => this.#moveTo(this.#row, column - 1)],
    ['K', (how: number) => this.#keep(how === 2 ? 0 : this.#column)],
    [
      'J',
      () => {
        this.#keep(this.#column);
        this.#rows.length = this.#row + 1;
      },
    ],
    ['?25h', () => void (this.isCursorHidden = false)],
    ['?25l', () => void (this.isCursorHidden = true)],
    ['?7h', () => void (this.wraps = true)],
    ['?7l', () => void (this.wraps = false)],
  ]);

  /** Cuts the current row off. */
  #keep(columns: number): void {
    this.#rows[this.#row] = (this.#rows[this.#row] ?? '').slice(0, columns);
  }
}

// oxlint-disable-next-line no-control-regex -- the control sequences of terminals
const tokens = /\u001B\[([?0-9;]*)([A-Za-z])|[^\u001B]+/g;
