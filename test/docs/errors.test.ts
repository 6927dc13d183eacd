import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Words in the sources that look like codes of errors or warnings, and are none, by what they are. */
const otherWords: Readonly<Record<string, string>> = {
  proxies: 'ALL_PROXY HTTPS_PROXY HTTP_PROXY NO_PROXY',
  'our own environment variables':
    'PALETTE_API_KEY PALETTE_EDGE_KEY_PASSPHRASE PALETTE_EDGE_PASSPHRASE PALETTE_EDGE_STORE',
  "others' environment variables":
    'CONTAINERD_ADDRESS DOCKER_HOST NODE_EXTRA_CA_CERTS SOURCE_DATE_EPOCH XDG_CONFIG_HOME',
  'environment variables of S3 tools':
    'AWS_ACCESS_KEY_ID AWS_CONFIG_FILE AWS_DEFAULT_PROFILE AWS_DEFAULT_REGION AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3 AWS_PROFILE AWS_REGION AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_SHARED_CREDENTIALS_FILE',
  'what serve answers, by the OCI distribution specification':
    'BLOB_UNKNOWN BLOB_UPLOAD_INVALID BLOB_UPLOAD_UNKNOWN MANIFEST_BLOB_UNKNOWN MANIFEST_UNKNOWN NAME_INVALID NAME_UNKNOWN TOOMANYREQUESTS UNAUTHORIZED UNKNOWN UNSUPPORTED',
  'what OpenSSL says of certificates':
    'CERT_REJECTED CERT_REVOKED CERT_SIGNATURE_FAILURE CERT_UNTRUSTED DEPTH_ZERO_SELF_SIGNED_CERT INVALID_CA SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_ISSUER_CERT_LOCALLY UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'kinds and failures of YAML': 'BLOCK_FOLDED BLOCK_LITERAL QUOTE_DOUBLE RESOURCE_EXHAUSTION',
  'secrets of engines': 'FLEET_REGISTRY_AUTH',
  'words of SPDX': 'DEPENDS_ON METAFILE_OF OPERATING_SYSTEM',
  'keys of os-release': 'PRETTY_NAME VERSION_ID',
  'labels of volumes': 'COS_CONTENT',
  'failures of the system': 'ENOSPC',
  'failures of undici': 'UND_ERR_ABORTED',
};
const noCodes: ReadonlySet<string> = new Set(Object.values(otherWords).flatMap((words) => words.split(' ')));

const sources = globSync('src/**/*.ts', { cwd: root }).map((path) => ({
  path,
  // Comments name codes, too: they make none.
  text: readFileSync(join(root, path), 'utf8').replaceAll(/^\s*(?:\/?\*|\/\/).*$/gm, ''),
}));

/** Where each text stands that one of the patterns finds. */
function found(pattern: RegExp): ReadonlyMap<string, readonly string[]> {
  const all = sources.flatMap(({ path, text }) =>
    Array.from(text.matchAll(pattern), ([, code = '']) => ({ path, code })),
  );
  const grouped = Map.groupBy(all, ({ code }) => code);
  return new Map(Array.from(grouped, ([code, places]) => [code, places.map(({ path }) => path)]));
}

const thrown = found(/new PaletteEdgeError\(\s*'([A-Z][A-Z0-9_]*)'/g);
/** Most codes are of several words; those of one are known by what is before them. */
const wordings = new Map([
  ...thrown,
  ...found(/\bcode: '([A-Z][A-Z0-9_]*)'/g),
  ...found(/'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g),
]);
const codes = [...wordings.keys()].filter((code) => !noCodes.has(code) && !code.startsWith('ERR_'));

const text = readFileSync(join(root, 'docs/errors.md'), 'utf8');
const [errorText = '', warningText = ''] = text.split('\n## Warnings\n');

function entries(of: string): string[] {
  return Array.from(of.matchAll(/^\| `([A-Z0-9_]+)` \| (?=\S)/gm), ([, code = '']) => code);
}

const errorEntries = entries(errorText);
const warningEntries = entries(warningText);
const documented = [...errorEntries, ...warningEntries];

test('every code in the sources has an entry, and there are many', () => {
  const missing = codes.filter((code) => !documented.includes(code));
  expect(missing.map((code) => `${code} (${wordings.get(code)?.join(', ')})`)).toEqual([]);
  expect(codes.length).toBeGreaterThan(300);
});

test('what is thrown is among the errors', () => {
  expect([...thrown.keys()].filter((code) => !errorEntries.includes(code))).toEqual([]);
});

test('no entry is of a code that is gone, and none is there twice', () => {
  expect(documented.filter((code) => !codes.includes(code))).toEqual([]);
  for (const table of [errorEntries, warningEntries]) expect(new Set(table).size).toBe(table.length);
});

test('no entry is a bare statement: it goes on with what to do, or shows what is expected', () => {
  const bare = Array.from(text.matchAll(/^\| `([A-Z0-9_]+)` \| (.*) \|$/gm), ([, code = '', entry = '']) =>
    /[.;:?] \S|`|\?|\bExpected\b/.test(entry) ? [] : [code],
  );
  expect(bare.flat()).toEqual([]);
});

test('every line of a table is an entry', () => {
  const rows = text.split('\n').filter((line) => /^\|(?! Code \|| --- )/.test(line));
  expect(rows).toHaveLength(documented.length);
});

test('entries of a table are in the order of the alphabet', () => {
  const tables = text.split('\n## ').map(entries);
  for (const table of tables) expect(table).toEqual(table.toSorted());
});

test('words that are no codes are in the sources still', () => {
  expect([...noCodes].filter((word) => !wordings.has(word))).toEqual([]);
});
