import { expect, test } from 'vitest';

import { userDataIsoView } from '../../src/views/iso-user-data-view.ts';

test('the size is told as of other files that were written', () => {
  const text = userDataIsoView({ path: 'site.iso', label: 'cidata', size: 69_632, warnings: [] });
  expect(text).toContain('size   69.6 kB (69632 bytes)');
});
