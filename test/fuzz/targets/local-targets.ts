import { generateKeyPairSync } from 'node:crypto';

import { parseConfigFile } from '../../../src/cli/config-file.ts';
import type { KnownFlag } from '../../../src/cli/config-file.ts';
import { fieldsOf, parseRegistriesYaml } from '../../../src/cli/registries-piece.ts';
import { readMirrors } from '../../../src/cli/registries-mirrors.ts';
import { readAuthorities } from '../../../src/http/host-tls.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { parseDockerConfig } from '../../../src/registry/docker-config.ts';
import { parsePaletteCredentials } from '../../../src/registry/palette-credentials.ts';
import { parseByteRange } from '../../../src/registry-server/byte-range.ts';
import { parseChunkRange } from '../../../src/registry-server/chunk-range.ts';
import { isLoggedIn } from '../../../src/registry-server/login.ts';
import { loopbackCertificate } from '../../support/trusting-client.ts';
import { sealedFile } from '../../support/sealed-file.ts';
import { memoryAccess } from '../../support/sample-bundle.ts';
import { parseAgeIdentities } from '../../../src/trust/age-identities.ts';
import { imageSignatureVerdict } from '../../../src/trust/image-signature-verdict.ts';
import { openAgeHead } from '../../../src/trust/open-age-head.ts';
import { openAgePayload } from '../../../src/trust/open-age-payload.ts';
import { findPrivateKey, readPrivateKey } from '../../../src/trust/private-key.ts';
import { parsePublicKeys } from '../../../src/trust/public-key.ts';
import { readAgeHead } from '../../../src/trust/read-age-head.ts';
import { parseSignatures, serializeSignatures } from '../../../src/trust/signature-file.ts';
import { parseLsblk } from '../../../src/usb/parse-lsblk.ts';
import { parseMountTable } from '../../../src/usb/mount-table.ts';
import { must } from '../parser-target.ts';
import type { ParserTarget } from '../parser-target.ts';

const option: KnownFlag = { type: 'option' };
const commands = new Map([
  [
    'build',
    { concurrency: option, mirror: { ...option, multiple: true }, json: { type: 'boolean' as const } },
  ],
]);
const config = 'concurrency: 4\nbuild:\n  mirror: [a=b, c=d]\n  concurrency: "2"\n';
const registries = `mirrors:
  docker.io:
    endpoint: ["https://mirror.test/v2", "http://10.0.0.1:5000"]
    rewrite:
      "^library/(.*)": "x/$1"
configs:
  "mirror.test":
    auth:
      username: a
      password: s3cret-word
`;
const docker = {
  auths: {
    'https://index.docker.io/v1/': { auth: Buffer.from('a:s3cret-word').toString('base64') },
    'b:5000': {},
  },
  credHelpers: { 'gcr.io': 'gcloud' },
  credsStore: 'desktop',
};
const palette = { image: [{ endpoint: 'a.test/b', username: 'c', password: 's3cret-word' }], helm: [] };
const statement = {
  mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  verificationMaterial: { publicKey: { hint: 'x' } },
  dsseEnvelope: {
    payload: 'e30=',
    payloadType: 'application/vnd.in-toto+json',
    signatures: [{ sig: 'AA==' }],
  },
};
const lsblk = {
  blockdevices: [
    {
      kname: '/dev/sdb',
      'maj:min': '8:16',
      type: 'disk',
      rm: true,
      ro: false,
      tran: 'usb',
      size: 8_000_000_000,
    },
  ],
};
const mounts = '36 35 8:17 /sub /media/my\\040stick rw,noatime shared:1 - vfat /dev/sdb1 rw\n';

/** Parses an object, and what else JSON may be is passed over. */
function objectIn(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const document: unknown = JSON.parse(bytes.toString());
    return typeof document === 'object' && document !== null && !Array.isArray(document)
      ? { ...document }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Keys, signatures and encrypted files, files of this machine, and what clients send to the server. */
export async function localTargets(): Promise<readonly ParserTarget[]> {
  const sealed = await sealedFile(Buffer.from('content '.repeat(20_000)));
  const pair = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const key = parsePublicKeys(Buffer.from(pair.publicKey), 'key').at(0);
  if (key === undefined) throw new Error('there is no key');
  const signature = { value: Buffer.from('none'), algorithm: key.algorithm, keyId: key.id };
  const noPassphrase = async (): Promise<string> => await Promise.resolve('none');
  return [
    {
      name: 'files of signatures',
      form: 'text',
      samples: [Buffer.from(serializeSignatures([signature])), `b25l ed25519 ${digestOf('a')}\n`],
      words: ['ed25519', 'rsa-pkcs1-sha256', ' ', digestOf('b')],
      isLong: true,
      read: (bytes) => {
        const signatures = parseSignatures(bytes, 'the test');
        must(signatures.length > 0 && signatures.length <= 16, 'no signature, or too many');
      },
    },
    {
      name: 'public keys',
      form: 'text',
      samples: [pair.publicKey, pair.publicKey + pair.publicKey],
      words: ['-----BEGIN PUBLIC KEY-----\n', '-----END PUBLIC KEY-----\n', 'AAAA', '='],
      isLong: true,
      read: (bytes) => must(parsePublicKeys(bytes, 'the test').length > 0, 'no key'),
    },
    {
      name: 'private keys',
      form: 'text',
      samples: [pair.privateKey],
      words: ['-----BEGIN EC PARAMETERS-----\n', 'Proc-Type: 4,ENCRYPTED\n', 'AAAA', '='],
      isLong: true,
      read: (bytes) => readPrivateKey(findPrivateKey(bytes, 'the test'), 'none'),
    },
    {
      name: 'signatures of images',
      form: 'json',
      samples: [
        JSON.stringify(statement),
        '{"critical":{"type":"cosign container image signature","image":{}}}',
      ],
      isLong: true,
      read: async (bytes) => {
        const image = { digest: digestOf('image'), manifest: async () => await Promise.resolve(bytes) };
        const keys = [{ file: 'key', key }];
        for (const found of [{ bundle: bytes }, { payload: bytes, signature: 'AAAA' }])
          must(
            (await imageSignatureVerdict(found, image, keys)).kind !== 'good',
            'what nobody has signed is good',
          );
      },
    },
    {
      name: 'encrypted files',
      form: 'bytes',
      samples: [sealed.file],
      read: async (bytes) => {
        const access = memoryAccess(bytes);
        const head = await readAgeHead(access, 'the test');
        const keys = { identities: sealed.identities, askPassphrase: noPassphrase };
        const payload = await openAgeHead(head, keys, 'the test');
        const pieces: Uint8Array[] = [];
        const content = openAgePayload(
          { access, name: 'the test', start: head.payloadStart },
          payload,
          signal,
        );
        for await (const piece of content) pieces.push(piece);
        must(Buffer.concat(pieces).equals(Buffer.from('content '.repeat(20_000))), 'another content');
      },
    },
    {
      name: 'files of identities',
      form: 'text',
      samples: [`# public key: age1x\n${sealed.identities.join('\n')}\n`],
      words: ['AGE-SECRET-KEY-1', 'age1', '#', '-----BEGIN AGE ENCRYPTED FILE-----\n'],
      isLong: true,
      read: async (bytes) =>
        await parseAgeIdentities({ name: 'the test', bytes, askPassphrase: noPassphrase }),
    },
    {
      name: 'config files',
      form: 'text',
      samples: [config],
      words: ['&a', '*a', 'build:', 'json:', '[', '- '],
      isLong: true,
      read: (bytes) => parseConfigFile(bytes.toString(), { path: 'the test', command: 'build', commands }),
    },
    {
      name: 'registries files',
      form: 'text',
      samples: [registries],
      words: ['&a', '*a', '"*":', 'endpoint:', 'http://', 'tls:', '(((', '$9'],
      isLong: true,
      read: (bytes) => {
        const root = parseRegistriesYaml(bytes.toString(), 'the test');
        if (root !== undefined) readMirrors(fieldsOf(root, ['mirrors', 'configs']).get('mirrors'));
      },
    },
    {
      name: 'files of credentials',
      form: 'json',
      samples: [JSON.stringify(docker), JSON.stringify(palette)],
      isLong: true,
      read: (bytes) => {
        const document = objectIn(bytes);
        if (document === undefined) return;
        if ('image' in document) parsePaletteCredentials(document, 'the test');
        else parseDockerConfig(document, 'the test');
      },
    },
    {
      name: 'certificates',
      form: 'text',
      samples: [loopbackCertificate().cert],
      words: ['-----BEGIN CERTIFICATE-----\n', '-----END CERTIFICATE-----', 'AAAA'],
      isLong: true,
      read: (bytes) => readAuthorities([{ name: 'the test', pem: bytes.toString() }]),
    },
    {
      name: 'drives',
      form: 'json',
      samples: [JSON.stringify(lsblk)],
      isLong: true,
      read: (bytes) => parseLsblk(bytes.toString()),
    },
    {
      name: 'mounts',
      form: 'text',
      samples: [mounts],
      words: ['\\040', '\\999', ' - ', 'shared:1'],
      isLong: true,
      read: (bytes) => parseMountTable(bytes.toString()),
    },
    {
      name: 'headers of clients',
      form: 'text',
      samples: ['bytes=0-9', 'bytes=-5', '0-99', `Basic ${Buffer.from('edge:word').toString('base64')}`],
      words: ['bytes=', '-', ','],
      read: (bytes) => {
        const text = bytes.toString('latin1');
        const range = parseByteRange(text, 100);
        if (typeof range === 'object')
          must(range.start >= 0 && range.start < range.end && range.end <= 100, 'a range outside');
        const chunk = parseChunkRange(text);
        must(chunk === undefined || chunk.length > 0, 'a chunk of nothing');
        const isRight = text === `Basic ${Buffer.from('edge:word').toString('base64')}`;
        must(
          !isLoggedIn({ username: 'edge', password: 'other' }, text) || isRight,
          'a login without the password',
        );
      },
    },
  ];
}

const { signal } = new AbortController();
