import { digestOf, isDigest, parseDigest } from '../../../src/oci/digest.ts';
import { imageGlob } from '../../../src/oci/image-glob.ts';
import { parseManifest, platformOfConfig } from '../../../src/oci/manifest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { formatPlatform, parsePlatform } from '../../../src/oci/platform.ts';
import { formatReference, parseReference } from '../../../src/oci/reference.ts';
import { parseContentEncoding } from '../../../src/http/content-encoding.ts';
import { noProxyRules } from '../../../src/http/no-proxy.ts';
import { parseRetryAfter } from '../../../src/http/retry-policy.ts';
import { parseChallenges } from '../../../src/registry/challenge.ts';
import { parseContentRange } from '../../../src/registry/content-range.ts';
import { parseRateLimit } from '../../../src/registry/host-rate-limit.ts';
import { nextPageQuery } from '../../../src/registry/next-page.ts';
import { withReferrers } from '../../../src/registry/referrers-list.ts';
import { registryError } from '../../../src/registry/registry-error.ts';
import { endOfUpload, receivedBytes, uploadLocation } from '../../../src/registry/upload-location.ts';
import { parseAwsProfileFile } from '../../../src/object-store/aws-profile-file.ts';
import { formatS3Url, parseS3Url } from '../../../src/object-store/s3-place.ts';
import { readXml } from '../../../src/object-store/s3-xml.ts';
import { parsePublication } from '../../../src/workflows/publish-manifest.ts';
import { must } from '../parser-target.ts';
import type { ParserTarget } from '../parser-target.ts';

const digest = digestOf('x');
const descriptor = { mediaType: mediaTypes.ociLayerGzip, digest, size: 3 };
const config = { mediaType: mediaTypes.ociConfig, digest: digestOf('y'), size: 2 };
const image = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [descriptor] };
const entry = {
  ...descriptor,
  mediaType: mediaTypes.ociManifest,
  platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
  annotations: { a: 'b' },
};
const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [entry] };

const publication = {
  schemaVersion: 2,
  artifactType: 'application/vnd.palette-edge.bundle.v1',
  config,
  layers: [{ ...descriptor, annotations: { 'org.opencontainers.image.title': 'a.tar.zst' } }],
};

/** No page, or one at the place that was asked: a registry must not send us elsewhere. */
class NoLink extends Error {}

/** What registries and proxies say, and names that stand in profiles, lists and bundles. */
export const registryTargets: readonly ParserTarget[] = [
  {
    name: 'references',
    form: 'text',
    samples: ['nginx', 'ghcr.io/org/app:1.0', `registry.site:5000/a/b__c.d-e:v1@${digest}`, '[::1]:5000/x'],
    words: ['https://', 'docker://', 'A', ':', '@', '/', '__', '..', 'localhost', digest],
    read: (bytes) => {
      const reference = parseReference(bytes.toString());
      const again = parseReference(formatReference(reference));
      must(formatReference(again) === formatReference(reference), 'another reference when it is read again');
    },
  },
  {
    name: 'digests',
    form: 'text',
    samples: [digest],
    words: ['sha256:', 'A', 'g'],
    read: (bytes) => must(isDigest(parseDigest(bytes.toString(), 'the test')), 'no digest'),
  },
  {
    name: 'platforms',
    form: 'text',
    samples: ['linux/amd64', 'linux/arm64/v8', 'windows/amd64'],
    words: ['/', 'v7', 'aarch64', 'x86_64'],
    read: (bytes) => {
      const text = formatPlatform(parsePlatform(bytes.toString()));
      must(formatPlatform(parsePlatform(text)) === text, 'another platform when it is read again');
    },
  },
  {
    name: 'patterns of images',
    form: 'text',
    samples: ['ghcr.io/org/*', '*/nginx:*', `**@${digest}`],
    words: ['*', '**', '?', '[a-z]'],
    read: (bytes) => imageGlob(bytes.toString()),
  },
  {
    name: 'manifests',
    form: 'json',
    samples: [JSON.stringify(image), JSON.stringify(index)],
    isLong: true,
    read: (bytes) => {
      const manifest = parseManifest(bytes, undefined, 'the test');
      const all =
        manifest.kind === 'index'
          ? manifest.manifests
          : [
              manifest.config,
              ...manifest.layers,
              ...(manifest.subject === undefined ? [] : [manifest.subject]),
            ];
      must(
        all.every((each) => isDigest(each.digest) && Number.isSafeInteger(each.size) && each.size >= 0),
        'a descriptor with a digest or size that is none',
      );
    },
  },
  {
    name: 'configs of images',
    form: 'json',
    samples: [
      '{"os":"linux","architecture":"arm64","variant":"v8","rootfs":{"type":"layers","diff_ids":[]}}',
    ],
    isLong: true,
    read: (bytes) => platformOfConfig(bytes, 'the test'),
  },
  {
    name: 'WWW-Authenticate',
    form: 'text',
    samples: [
      'Bearer realm="https://auth.test/token",service="registry",scope="repository:a/b:pull,push"',
      'Basic realm="x", Negotiate abc==, Bearer realm=https://a, error="invalid_token"',
    ],
    words: ['Bearer', 'Basic ', 'realm=', '\\"', 'scope='],
    read: (bytes) => {
      for (const { scheme, parameters } of parseChallenges(bytes.toString()))
        must(scheme === scheme.toLowerCase() && parameters.size < 5000, 'a challenge that is none');
    },
  },
  {
    name: 'Content-Range',
    form: 'text',
    samples: ['bytes 0-99/100', 'bytes 5-9/*', 'bytes */100'],
    words: ['bytes', '/', '*', '-'],
    read: (bytes) => {
      const range = parseContentRange(bytes.toString());
      const { start = 0, last = start } = range ?? {};
      must(start <= last, 'a range that ends before it begins');
    },
  },
  {
    name: 'Link',
    form: 'text',
    samples: [
      '</v2/a/tags/list?last=b&n=50>; rel="next"',
      '<https://other.test/x?page=2>; title="a"; rel=next',
    ],
    words: ['rel=', 'next', '?', '//', 'javascript:', '\\'],
    read: (bytes) => {
      const query = nextPageQuery(bytes.toString('latin1'), 'tags/list', (reason) => new NoLink(reason));
      must(query === undefined || query.startsWith('?'), 'more than the query of a link');
    },
    refusals: [NoLink],
  },
  {
    name: 'answers to uploads',
    form: 'text',
    samples: [
      '/v2/a/blobs/uploads/1?_state=x%3D',
      'https://u:p@storage.test/x?sig=a&b',
      '0-1048575',
      'bytes=0-9',
    ],
    words: ['//', '?', '#', '..'],
    read: (bytes) => {
      const text = bytes.toString('latin1');
      receivedBytes({ range: text });
      const url = new URL('https://registry.test/v2/a/blobs/uploads/');
      const next = uploadLocation({ headers: { location: text }, url }, undefined, 'a blob');
      must(next.username === '' && next.password === '', 'a login in the place of an upload');
      endOfUpload(next, digest);
    },
  },
  {
    name: 'headers about limits and encodings',
    form: 'text',
    samples: ['100;w=21600', '120', 'Wed, 21 Oct 2015 07:28:00 GMT', 'gzip, br', '0;w=0'],
    words: [';w=', 'zstd', 'GMT'],
    read: (bytes) => {
      const text = bytes.toString('latin1');
      parseRateLimit({ 'ratelimit-limit': text, 'ratelimit-remaining': '93;w=21600' });
      parseContentEncoding(text);
      const wait = parseRetryAfter(text, 0);
      must(wait === undefined || wait >= 0, 'a wait in the past');
    },
  },
  {
    name: 'NO_PROXY',
    form: 'text',
    samples: ['corp.example,.site,host:5000,10.1.2.3,10.0.0.0/8,[::1]:80,fd00::/8,*'],
    words: [',', '/33', '/-1', ':', '*.', '::'],
    read: (bytes) => {
      const isDirect = noProxyRules(bytes.toString());
      for (const url of ['https://corp.example', 'http://10.1.2.3:80/x', 'https://[fd00::1]/'])
        isDirect(new URL(url));
    },
  },
  {
    name: 'lists of referrers',
    form: 'json',
    samples: [JSON.stringify(index)],
    isLong: true,
    read: (bytes) => withReferrers(bytes, [{ ...config, artifactType: 'x/y' }], 'of the test'),
  },
  {
    name: 'refusals of registries',
    form: 'json',
    samples: [
      '{"errors":[{"code":"DENIED","message":"no s3cret-token","detail":{"a":[1]}}]}',
      '{"message":"x"}',
    ],
    words: ['s3cret-token'],
    isLong: true,
    read: (bytes) => {
      for (const status of [400, 401, 404, 429, 500]) {
        const { message } = registryError({
          subject: 'a/b:1',
          registry: 'registry.test',
          host: 'registry.test',
          isRedirected: false,
          status,
          text: bytes.toString(),
          notFoundCode: 'IMAGE_NOT_FOUND',
          secrets: ['s3cret-token'],
        });
        must(!message.includes('s3cret-token'), 'a secret in a message');
        must(message.length < 2000 && !/\p{Cc}/u.test(message), 'words that fill or steer a terminal');
      }
    },
  },
  {
    name: 'URLs of buckets',
    form: 'text',
    samples: ['s3://bundles', 's3://bundles/edge/2026'],
    words: ['..', '/', '@', '?', '%2e'],
    read: (bytes) => {
      const url = formatS3Url(parseS3Url(bytes.toString()));
      must(formatS3Url(parseS3Url(url)) === url, 'another place when it is read again');
    },
  },
  {
    name: 'answers of S3',
    form: 'text',
    samples: [
      '<?xml version="1.0"?><List xmlns="a"><Contents><Key>a&amp;b</Key></Contents><!-- x --><E/></List>',
    ],
    words: ['<', '>', '</List>', '<![CDATA[', ']]>', '-->', '&#x41;', '<!DOCTYPE a>'],
    read: (bytes) => void readXml(bytes.toString()),
  },
  {
    name: 'profiles of S3 tools',
    form: 'text',
    samples: ['[profile a]\nregion = x\ns3 =\n  endpoint_url = https://h\n[b]\n# c\nk=v ; d\n'],
    words: ['[', ']', '=', '#', '\n ', '\r\n'],
    read: (bytes) => void parseAwsProfileFile(bytes.toString()),
  },
  {
    name: 'manifests of published bundles',
    form: 'text',
    samples: [JSON.stringify(publication)],
    words: ['/', '..', 'layers', 'annotations', 'sha512:', '[]', 'null'],
    read: (bytes) => {
      for (const { name } of parsePublication(bytes, 'the test').files)
        must(!/[/\\\s]/.test(name) && !/^\.{0,2}$/.test(name), 'a name that is no plain file');
    },
  },
];
