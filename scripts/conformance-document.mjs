/** The text of docs/conformance.md: the same for the same results, whenever and wherever they come from. */
export function conformanceDocument({ module, version }, results) {
  const columns = results.map(({ name }) => name);
  return [
    '# Conformance',
    '',
    'The [conformance suite](https://github.com/opencontainers/distribution-spec/tree/main/conformance) of the OCI distribution specification, version 1.1, is run',
    'against [`serve`](serve.md), for all that pulls, and against the registry of the demo and the tests, for all that pulls and pushes.',
    '',
    '```console',
    '$ npm run conformance',
    '```',
    '',
    `builds \`${module}@${version}\` with Go, runs it, and fails when a test fails or when the results are not the ones below. It is part of \`.ci/run\`.`,
    '`npm run conformance -- --write` writes this file.',
    '',
    'Of what is optional, cancelling uploads is tested, too, and of what is recommended the digest headers of the registry. sha512 is not: images have sha256, and a',
    'bundle knows no other. The suite passes over what a registry may leave out: mounting a blob without saying from where. With `serve` it asks for what is in a bundle',
    'and disables what pushes; ranges are then asked for by none of its tests, and are by those of `test/workflows/serve-bundles.test.ts`.',
    '',
    '## Tests',
    '',
    ...table(['', ...columns], rowsOf(results.map(({ counts }) => counts))),
    '',
    '## API',
    '',
    ...table(['', ...columns], rowsOf(results.map(({ api }) => api))),
    '',
    '## Content',
    '',
    ...table(['', ...columns], rowsOf(results.map(({ data }) => data))),
    '',
  ].join('\n');
}

/** One row for each key of any of the results. */
function rowsOf(results) {
  const keys = [...new Set(results.flatMap((entries) => entries.map(([key]) => key)))];
  const maps = results.map((entries) => new Map(entries));
  return keys.map((key) => [key, ...maps.map((entries) => (entries.get(key) ?? '-').toLowerCase())]);
}

function table(header, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)];
}
