import { element } from './element.ts';

/** A piece of a bar. */
interface BarPiece {
  /** Of {@link byteBar}'s whole. */
  readonly bytes: number;
  readonly className: string;
}

/** A bar of pieces beside each other. It says nothing that is not there in numbers, too. */
export function byteBar(pieces: readonly BarPiece[], whole: number): HTMLElement {
  const parts = pieces
    .filter(({ bytes }) => bytes > 0)
    .map(({ bytes, className }) => {
      const part = element('span', { class: className });
      part.style.setProperty('width', `${whole === 0 ? 0 : (bytes / whole) * 100}%`);
      return part;
    });
  return element('span', { class: 'bar', 'aria-hidden': 'true' }, ...parts);
}
