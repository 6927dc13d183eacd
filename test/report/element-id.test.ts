import { expect, test } from 'vitest';

import { contentUuid, elementId } from '../../src/report/element-id.ts';

test('an element is called by a hint and its key', () => {
  const id = elementId('@scope/left pad…', ['package', 'a']);
  expect(id).toMatch(/^scope-left-pad-[0-9a-f]{16}$/);
  expect(elementId('@scope/left pad…', ['package', 'b'])).not.toBe(id);
  expect(elementId('…', 1)).toMatch(/^[A-Za-z0-9.-]+$/);
});

test('a UUID of content is one of version 8, and the same for the same content', () => {
  const uuid = contentUuid(['a']);
  expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(contentUuid(['a'])).toBe(uuid);
  expect(contentUuid(['b'])).not.toBe(uuid);
});
