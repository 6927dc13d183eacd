import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { fetchListView, fetchView } from '../../src/views/fetch-view.ts';
import { publishView } from '../../src/views/publish-view.ts';

const digest = digestOf('manifest');
const url = 's3://bundles/edge/a.tar.zst';
const file = { name: 'a.tar.zst', size: 2_000_000, digest, mediaType: 'x', wasThere: false };

describe('publishing', () => {
  const result = { bundle: 'a.tar.zst', url, digest, files: [file], bytesSent: 2_000_000, bytesKept: 0 };

  test('tells what was sent', () => {
    expect(publishView({ ...result, wasPublished: false })).toBe(
      `Published ${url}\n  files   1, 2.00 MB\n  sent    2.00 MB\n  digest  ${digest}`,
    );
  });

  test('tells what was there before', () => {
    const text = publishView({ ...result, bytesSent: 0, bytesKept: 2_000_000, wasPublished: true });
    expect(text).toContain(`Published before: ${url}\n`);
    expect(text).toContain('  there before  2.00 MB\n');
  });
});

describe('fetching', () => {
  test('names some of many files', () => {
    const files = Array.from({ length: 22 }, (_, index) => ({
      ...file,
      name: `p${index}`,
      wasThere: index === 0,
    }));
    const text = fetchView({
      bundle: 'a',
      url,
      digest,
      folder: 'out',
      files,
      bytesReceived: 1,
      bytesKept: 2,
    });
    expect(text.split('\n')).toHaveLength(1 + 4 + 20 + 1);
    expect(text).toContain('    p0 (there before)\n    p1\n');
    expect(text).toContain('    and 2 more');
  });

  test('lists what is there', () => {
    const text = fetchListView({
      url: 's3://bundles',
      bundles: [{ bundle: 'a', url, digest, files: [file] }],
      others: 1,
    });
    expect(text).toMatch(
      /^URL +FILES +SIZE\ns3:\/\/bundles\/edge\/a\.tar\.zst +1 +2\.00 MB\n1 other thing there$/,
    );
  });

  test('says that nothing is there', () => {
    expect(fetchListView({ url, bundles: [], others: 0 })).toBe(`No bundle is published in ${url}`);
  });
});
