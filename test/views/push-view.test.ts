import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { pushPlanView, pushView } from '../../src/views/push-view.ts';
import type { PushResult } from '../../src/workflows/push-result.ts';

const digest = digestOf('image');
const nginx = {
  reference: 'docker.io/library/nginx:1.27',
  pushedAs: 'r.site/hub/library/nginx:1.27',
  digest,
  isCompanion: false,
  isPresent: false,
};
const result: PushResult = {
  destination: 'r.site/hub',
  isDryRun: false,
  images: [
    nginx,
    { ...nginx, pushedAs: 'r.site/hub/app:1', isPresent: true },
    { ...nginx, pushedAs: 'r.site/hub/old:1', replaces: digestOf('old') },
    { ...nginx, pushedAs: 'r.site/hub/app:sha256-1.sig', isCompanion: true },
  ],
  failures: [],
  warnings: [],
  statistics: {
    bytesToSend: 3_000_000,
    bytesPresent: 1_000_000,
    bytesSent: 3_200_000,
    blobsUploaded: 12,
    blobsMounted: 3,
    retries: 1,
    seconds: 4,
  },
};

test('what was pushed', () => {
  expect(pushView(result)).toBe(
    [
      'Pushed to r.site/hub',
      '  images        3',
      '  companions    1',
      '  there before  1, 1.00 MB',
      '  tags moved    1',
      '  sent          3.20 MB in 12 blobs, 1 retry, in 4 s',
      '  mounted       3 blobs',
    ].join('\n'),
  );
});

test('what failed is told with its reason and with who asked for it', () => {
  const failures = [
    { reference: 'ghcr.io/x:1', code: 'X', message: 'no', origins: [{ kind: 'flag' as const }] },
  ];
  expect(pushView({ ...result, failures })).toContain(
    '1 image failed:\n  ghcr.io/x:1\n    no\n    asked for by --image',
  );
});

test('what would be pushed', () => {
  const text = pushView({ ...result, isDryRun: true });
  expect(text).toContain('r.site/hub/library/nginx:1.27  to push\n');
  expect(text).toContain('r.site/hub/app:1               there\n');
  expect(text).toContain(`r.site/hub/old:1               to push, replaces ${digestOf('old')}\n`);
  expect(text).toContain('Would send 3.00 MB to r.site/hub; 1.00 MB are there');
});

test('a plan in a line', () => {
  const { images } = result;
  const plan = { images, blobs: [], bytesToSend: 3_000_000, bytesPresent: 0 };
  expect(pushPlanView(plan)).toBe('4 images, 3 to push: 3.00 MB to send, 0 B are there');
});
