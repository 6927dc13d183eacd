import { expect, test } from 'vitest';

import type { Explanation } from '../../src/profile/explain-images.ts';
import { explainView } from '../../src/views/explain-view.ts';

const explanation: Explanation = {
  counts: { images: 2, charts: 1, places: 3, notListed: 2, skipped: 1, skippedCharts: 2 },
  profiles: [
    {
      name: 'edge',
      version: '2',
      type: 'cluster',
      images: 1,
      charts: 1,
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
              charts: [
                {
                  key: 'pack.content.charts[0]',
                  line: 5,
                  chart: 'chart x of https://a.io',
                  outcome: 'asked for',
                },
                {
                  key: 'pack.content.charts[1]',
                  chart: 'y',
                  outcome: 'skipped',
                  reason: 'has no repository',
                },
                {
                  key: 'type oci',
                  chart: 'web 1.0',
                  outcome: 'skipped',
                  reason: 'its repository is not known',
                },
              ],
            },
          ],
        },
      ],
    },
  ],
  others: [
    {
      title: '--chart',
      images: 0,
      places: [],
      charts: [{ key: 'type oci', chart: 'chart z 1 of oci://a.io', outcome: 'maybe' }],
    },
    { title: '--image', images: 1, places: [{ key: '', image: 'a.io/a:1', outcome: 'asked for' }] },
    { title: 'l.txt', images: 1, places: [{ key: '', line: 3, image: 'a.io/d:1', outcome: 'asked for' }] },
  ],
};

test('a tree, what is left out, and the counts', () => {
  expect(
    explainView(explanation, [
      { by: '--exclude x.io/**', images: ['x.io/a:1', 'x.io/b:1'], charts: ['chart v 1 of oci://x.io'] },
    ]),
  ).toBe(
    `edge 2 (cluster): 1 image and 1 chart
├─ os
│  └─ byoi: 0 images
│     └─ options.system.uri (line 5): "NA" skipped: names none
└─ no layer
   └─ web 1.0: 1 image and 1 chart
      ├─ pack.content.images[0] (line 3): a.io/a:1
      ├─ image (line 9): a.io/b:1 not listed (read)
      ├─ chart web, Pod/x: a.io/c:1 maybe (rendered)
      ├─ pack.content.charts[0] (line 5): chart x of https://a.io
      ├─ pack.content.charts[1]: chart "y" skipped: has no repository
      └─ type oci: chart "web 1.0" skipped: its repository is not known
--chart: 1 chart
└─ type oci: chart z 1 of oci://a.io, if its registry has it
--image: 1 image
└─ a.io/a:1
l.txt: 1 image
└─ line 3: a.io/d:1
left out by --exclude x.io/**: 2 images and 1 chart
├─ x.io/a:1
├─ x.io/b:1
└─ chart v 1 of oci://x.io
2 images in 3 places, 1 chart, 2 not listed, 1 skipped, 2 charts skipped`,
  );
});

test('nothing at all', () => {
  const counts = { images: 0, charts: 0, places: 0, notListed: 0, skipped: 0, skippedCharts: 0 };
  expect(explainView({ counts, profiles: [], others: [] })).toBe('0 images in 0 places');
});
