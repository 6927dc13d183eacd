import type { PageData } from '../html-page-data.ts';
import { element } from './element.ts';
import { mapItems } from './map-items.ts';
import { bytesText } from './number-text.ts';
import { pageSection } from './page-section.ts';
import type { PageSection } from './page-section.ts';
import { Treemap } from './treemap.ts';

/** The map of bytes with what its colours and patterns mean. */
export function mapSection(data: PageData, onImage: (image: number) => void): PageSection & { map: Treemap } {
  const map = new Treemap(mapItems(data), { onImage });
  const entries = data.update === undefined ? kindEntries(data) : newEntries(data);
  const legend = element(
    'ul',
    { class: 'legend' },
    ...entries.map(([className, text, bytes]) =>
      element(
        'li',
        {},
        element('span', { class: `swatch ${className}`, 'aria-hidden': 'true' }),
        text,
        element('span', { class: 'size' }, bytesText(bytes)),
      ),
    ),
  );
  const note =
    data.update === undefined
      ? 'Each rectangle is as large as its bytes. A layer that several images share is counted once.'
      : 'The new bundle. Each rectangle is as large as its bytes; striped ones have to be shipped.';
  const section = pageSection(
    { id: 'bytes', title: 'Where the bytes are', note },
    legend,
    map.element,
    element(
      'p',
      { class: 'note map-help' },
      'Enter, or a click on a name, opens an image; Escape closes it.',
    ),
  );
  return { ...section, map };
}

type Entry = readonly [className: string, text: string, bytes: number];

function kindEntries({ groups }: PageData): readonly Entry[] {
  const bytesOf = (kind: string): number =>
    groups.filter((group) => group.kind === kind).reduce((sum, { size }) => sum + size, 0);
  const entries: readonly Entry[] = [
    ['own', 'Layers of one image', bytesOf('image')],
    ['shared', 'Shared layers', bytesOf('shared')],
    ['files', 'Files', bytesOf('files')],
    ['artifacts', 'Charts and companions', bytesOf('artifacts')],
    ['meta', 'Manifests and configs', bytesOf('metadata')],
  ];
  return entries.filter(([, , bytes]) => bytes > 0);
}

function newEntries({ update }: PageData): readonly Entry[] {
  if (update === undefined) return [];
  return [
    ['new', 'To ship', update.toShip.bytes],
    ['old', 'Already there', update.kept.bytes],
  ];
}
