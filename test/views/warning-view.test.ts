import { expect, test } from 'vitest';

import { warningView } from '../../src/views/warning-view.ts';

test('a warning has its message and its code', () => {
  expect(warningView({ code: 'LATEST_TAG', message: 'a:latest moves; name a version' })).toBe(
    'Warning: a:latest moves; name a version [LATEST_TAG]',
  );
});
