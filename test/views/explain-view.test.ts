import { expect, test } from 'vitest';

import type { Explanation } from '../../src/profile/explain-images.ts';
import { explainView } from '../../src/views/explain-view.ts';

const explanation: Explanation = {
  counts: { images: 2, places: 3, notListed: 2, skipped: 1 },
  profiles: [
    {
      name: 'edge',
      version: '2',
      type: 'cluster',
      images: 1,
      layers: [
        {
          layer: 'os',
          packs: [
            {
              name: 'byoi',
              type: 'spectro',
              version: '',
              images: 0,
              places: [
                {
                  key: 'options.system.uri',
                  line: 5,
                  image: 'NA',
                  outcome: 'skipped',
                  reason: 'names none',
                },
              ],
            },
          ],
        },
        {
          layer: '',
          packs: [
            {
              name: 'web',
              type: 'helm',
              version: '1.0',
              images: 1,
              places: [
                { key: 'pack.content.images[0]', line: 3, image: 'a.io/a:1', outcome: 'asked for' },
                { key: 'image', line: 9, image: 'a.io/b:1', outcome: 'not listed', reason: 'read' },
                { key: 'chart web, Pod/x', image: 'a.io/c:1', outcome: 'maybe', reason: 'rendered' },
              ],
            },
          ],
        },
      ],
    },
  ],
  others: [
    { title: '--image', images: 1, places: [{ key: '', image: 'a.io/a:1', outcome: 'asked for' }] },
    { title: 'l.txt', images: 1, places: [{ key: '', line: 3, image: 'a.io/d:1', outcome: 'asked for' }] },
  ],
};

test('a tree, what is left out, and the counts', () => {
  expect(explainView(explanation, [{ by: '--exclude x.io/**', images: ['x.io/a:1', 'x.io/b:1'] }])).toBe(
    `edge 2 (cluster): 1 image
├─ os
│  └─ byoi: 0 images
│     └─ options.system.uri (line 5): "NA" skipped: names none
└─ no layer
   └─ web 1.0: 1 image
      ├─ pack.content.images[0] (line 3): a.io/a:1
      ├─ image (line 9): a.io/b:1 not listed (read)
      └─ chart web, Pod/x: a.io/c:1 maybe (rendered)
--image: 1 image
└─ a.io/a:1
l.txt: 1 image
└─ line 3: a.io/d:1
left out by --exclude x.io/**: 2 images
├─ x.io/a:1
└─ x.io/b:1
2 images in 3 places, 2 not listed, 1 skipped`,
  );
});

test('nothing at all', () => {
  const counts = { images: 0, places: 0, notListed: 0, skipped: 0 };
  expect(explainView({ counts, profiles: [], others: [] })).toBe('0 images in 0 places');
});
