import type { PageBundle, PageData } from '../html-page-data.ts';
import { byteBar } from './byte-bar.ts';
import { element } from './element.ts';
import { bytesText, countOf, shareText } from './number-text.ts';
import { pageSection } from './page-section.ts';
import type { PageSection } from './page-section.ts';

/** A step on the way from everything to what travels. */
interface Step {
  readonly title: string;
  readonly bytes: number;
  readonly note: string;
  readonly className: string;
}

/** What is saved on the way from images, each for itself, to what travels. */
export function savings(data: PageData): PageSection {
  const steps = stepsOf(data);
  const most = Math.max(...steps.map(({ bytes }) => bytes), 1);
  const [first] = steps;
  const rows = steps.map(({ title, bytes, note, className }) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, title, element('span', { class: 'note' }, note)),
      element('td', { class: 'bar-cell' }, byteBar([{ bytes, className }], most)),
      element('td', { class: 'number' }, bytesText(bytes)),
      element('td', { class: 'number share' }, first === undefined ? '' : shareText(bytes, first.bytes)),
    ),
  );
  const head = element(
    'tr',
    { class: 'unseen' },
    ...['Step', 'Bar', 'Size', 'Of all'].map((title) => element('th', { scope: 'col' }, title)),
  );
  const table = element(
    'table',
    { class: 'steps' },
    element('caption', { class: 'unseen' }, 'What is saved'),
    element('thead', {}, head),
    element('tbody', {}, ...rows),
  );
  return pageSection({ id: 'savings', title: 'What is saved' }, table, remarks(data.bundle));
}

function stepsOf({ bundle, update }: PageData): Step[] {
  const { unsharedSize, contentSize } = bundle;
  const steps: Step[] = [
    {
      title: 'Each image for itself',
      bytes: unsharedSize,
      note: 'as if nothing were shared',
      className: 'meta',
    },
    { title: 'Each layer once', bytes: contentSize, note: 'as registries have them', className: 'own' },
  ];
  if (update !== undefined) {
    const { bytes, blobs } = update.toShip;
    const note = `${countOf(blobs, 'blob')} that the old bundle lacks, as registries have them`;
    return [...steps, { title: 'Only what is new', bytes, note, className: 'shared' }, fileStep(bundle)];
  }
  return [...steps, fileStep(bundle)];
}

function fileStep({ mode, size }: PageBundle): Step {
  const notes = {
    plain: 'layers as they are',
    squeezed: 'squeezed: layers without gzip, compressed together',
    delta: 'delta: without what its bases have',
  } as const;
  return { title: 'The bundle', bytes: size, note: notes[mode], className: 'files' };
}

/** Squeezing and deltas, in words. */
function remarks({ squeeze, delta }: PageBundle): HTMLElement | undefined {
  const lines = [
    ...(delta === undefined
      ? []
      : [
          `Made against ${delta.bases.map(({ name, id }) => `${name} (${id})`).join(', ')}.`,
          `${countOf(delta.takenBlobs, 'blob')} of ${bytesText(delta.takenBytes)} are taken from there.`,
          `${countOf(delta.changedLayers, 'layer')} of ${bytesText(delta.changedBytes)} travel as changes to layers there.`,
        ]),
    ...(squeeze === undefined
      ? []
      : [
          `${countOf(squeeze.layers, 'layer')} of ${bytesText(squeeze.bytes)} are squeezed, and come back byte for byte.`,
          ...squeeze.kept.map(
            ({ reason, layers, bytes }) =>
              `${countOf(layers, 'layer')} of ${bytesText(bytes)} stayed as they were: ${reason}.`,
          ),
        ]),
  ];
  if (lines.length === 0) return undefined;
  return element('ul', { class: 'remarks' }, ...lines.map((line) => element('li', {}, line)));
}
