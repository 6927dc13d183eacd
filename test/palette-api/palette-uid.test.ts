import { expect, test } from 'vitest';

import { isPaletteUid, parsePaletteUid } from '../../src/palette-api/palette-uid.ts';
import { thrown } from '../support/sample-profiles.ts';

const uid = '65c1f0a2d1e4b2a6f0c9d111';

test.each([uid, ` ${uid} `, uid.toUpperCase()])('%j is a uid', (text) => {
  expect(parsePaletteUid(text, '--project-id')).toBe(uid);
});

test.each(['', 'edge-infra', uid.slice(1), `${uid}0`, `${uid.slice(1)}g`, `../../${uid}`, `${uid}/..`])(
  '%j is none',
  (text) => {
    expect(isPaletteUid(text)).toBe(false);
    const error = thrown(() => parsePaletteUid(text, '--project-id'));
    expect(error).toMatchObject({ code: 'PALETTE_UID_INVALID', kind: 'usage' });
    expect(error.message).toContain('expected 24 hex digits');
    expect(error.suggestions.join()).toContain('palette-edge profiles');
  },
);
