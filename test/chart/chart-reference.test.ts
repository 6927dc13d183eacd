import { expect, test } from 'vitest';

import { chartReference } from '../../src/chart/chart-reference.ts';
import { formatReference, parseReference } from '../../src/oci/reference.ts';
import { thrown } from '../support/sample-profiles.ts';

test.each([
  ['https://charts.example.com', 'thing', '1.2.3', 'charts.example.com/thing:1.2.3'],
  ['https://charts.example.com/stable/', 'thing', '1.2.3+b.5', 'charts.example.com/stable/thing:1.2.3_b.5'],
  ['http://localhost:8080/a/b', 'thing', '1.0.0-rc.1', 'localhost:8080/a/b/thing:1.0.0-rc.1'],
  ['http://127.0.0.1:5000/', 'thing', '1.0.0', '127.0.0.1:5000/thing:1.0.0'],
  ['http://[::1]:5000/', 'thing', '1.0.0', '[::1]:5000/thing:1.0.0'],
  ['https://charts/x', 'thing', '1.0.0', 'charts:443/x/thing:1.0.0'],
  ['http://charts/x', 'thing', '1.0.0', 'charts:80/x/thing:1.0.0'],
  ['https://a.io/My%20Charts/~user/x..y/', 'Thing', '1.0.0', 'a.io/my-charts/user/x-y/thing:1.0.0'],
  ['https://a.io//x/?token=s3cret', 'thing', '1.0.0', 'a.io/x/thing:1.0.0'],
])('%s %s %s is %s', (...[repository, name, version, expected]) => {
  const reference = chartReference(new URL(repository), { name, version });
  expect(formatReference(reference)).toBe(expected);
  expect(parseReference(expected)).toEqual(reference);
});

test.each([
  ['https://a.io/', '...', '1.0.0'],
  [`https://a.io/${'x'.repeat(300)}`, 'thing', '1.0.0'],
  ['https://a.io/', 'thing', `1.0.0-${'a'.repeat(200)}`],
])('%s %s %s cannot be named', (repository, name, version) => {
  const { code, kind } = thrown(() => chartReference(new URL(repository), { name, version }));
  expect({ code, kind }).toEqual({ code: 'CHART_NAME_INVALID', kind: 'content' });
});
