import { gzipSync } from 'node:zlib';

import { defaultFrameContent } from '../../src/bundle/plan-bundle.ts';
import type { BundleContent, ImageToBundle } from '../../src/bundle/plan-bundle.ts';
import { rawFileMediaType } from '../../src/bundle/raw-files.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { layerTar } from './layer-tar.ts';
import type { LayerMembers } from './layer-tar.ts';
import { noise, writeSample } from './sample-bundle.ts';
import type { SampleBundle } from './sample-bundle.ts';
import { chartToBundle, sampleChart } from './sample-charts.ts';
import { sampleCompanions } from './sample-companions.ts';
import { addIndex, graphOf, MemoryBlobs } from './sample-images.ts';
import { addLayeredImage } from './squeezable-bundle.ts';
import type { SampleLayer } from './squeezable-bundle.ts';

type Base = 'static' | 'debian' | 'alpine';

/** An image: its base, the pack that asks for it, and its own layers in thousands of bytes. */
type Recipe = readonly [name: string, version: string, base: Base, pack: string, layers: readonly number[]];

/** Images as an edge cluster runs them: 30 names. */
const recipes: readonly Recipe[] = [
  ['registry.k8s.io/kube-apiserver', 'v1.33.4', 'static', 'edge-k8s', [27_000]],
  ['registry.k8s.io/kube-controller-manager', 'v1.33.4', 'static', 'edge-k8s', [24_000]],
  ['registry.k8s.io/kube-scheduler', 'v1.33.4', 'static', 'edge-k8s', [18_000]],
  ['registry.k8s.io/kube-proxy', 'v1.33.4', 'static', 'edge-k8s', [21_000, 8_000]],
  ['registry.k8s.io/etcd', '3.5.21-0', 'static', 'edge-k8s', [22_000, 17_000, 15_000]],
  ['registry.k8s.io/coredns/coredns', 'v1.12.1', 'static', 'edge-k8s', [19_500]],
  ['registry.k8s.io/pause', '3.10', 'static', 'edge-k8s', [320]],
  ['quay.io/cilium/cilium', 'v1.17.6', 'debian', 'cni-cilium', [118_000, 64_000, 21_000, 900]],
  ['quay.io/cilium/operator-generic', 'v1.17.6', 'static', 'cni-cilium', [31_000]],
  ['quay.io/cilium/hubble-relay', 'v1.17.6', 'static', 'cni-cilium', [28_000]],
  ['quay.io/cilium/certgen', 'v0.2.1', 'static', 'cni-cilium', [16_000]],
  ['docker.io/longhornio/longhorn-manager', 'v1.9.1', 'debian', 'csi-longhorn', [92_000, 18_000]],
  ['docker.io/longhornio/longhorn-engine', 'v1.9.1', 'debian', 'csi-longhorn', [84_000, 41_000, 4_100]],
  ['docker.io/longhornio/longhorn-ui', 'v1.9.1', 'alpine', 'csi-longhorn', [46_000, 12_000]],
  ['docker.io/longhornio/csi-attacher', 'v4.9.0', 'static', 'csi-longhorn', [23_000]],
  ['docker.io/longhornio/csi-provisioner', 'v5.3.0', 'static', 'csi-longhorn', [25_000]],
  ['docker.io/longhornio/csi-resizer', 'v1.14.0', 'static', 'csi-longhorn', [22_500]],
  ['quay.io/jetstack/cert-manager-controller', 'v1.18.2', 'static', 'cert-manager', [20_000]],
  ['quay.io/jetstack/cert-manager-webhook', 'v1.18.2', 'static', 'cert-manager', [17_000]],
  ['quay.io/jetstack/cert-manager-cainjector', 'v1.18.2', 'static', 'cert-manager', [15_000]],
  ['registry.k8s.io/ingress-nginx/controller', 'v1.13.0', 'alpine', 'lb-nginx', [74_000, 26_000, 2_300]],
  ['registry.k8s.io/metrics-server/metrics-server', 'v0.8.0', 'static', 'metrics', [18_500]],
  ['quay.io/prometheus/prometheus', 'v3.5.0', 'static', 'monitoring', [58_000, 52_000]],
  ['quay.io/prometheus/node-exporter', 'v1.9.1', 'static', 'monitoring', [10_500]],
  ['docker.io/grafana/grafana', '12.1.0', 'alpine', 'monitoring', [141_000, 33_000, 6_400]],
  ['docker.io/library/postgres', '17.5', 'debian', 'store-app', [96_000, 14_000, 1_200]],
  ['docker.io/library/redis', '8.0.3', 'debian', 'store-app', [28_000]],
  ['registry.example.com/store/point-of-sale', '4.12.0', 'debian', 'store-app', [88_000, 37_000, 5_200]],
  ['registry.example.com/store/vision-inference', '2.7.1', 'debian', 'store-app', [412_000, 96_000, 24_000]],
  ['registry.example.com/store/sync-agent', '4.12.0', 'alpine', 'store-app', [31_000, 1_900]],
];

/** What the next version of the bundle has: versions of some, and one that is new. */
const newer: ReadonlyMap<string, string> = new Map([
  ['registry.k8s.io/coredns/coredns', 'v1.12.2'],
  ['docker.io/library/redis', '8.0.4'],
  ['registry.example.com/store/point-of-sale', '4.13.0'],
  ['registry.example.com/store/sync-agent', '4.13.0'],
]);
const added: Recipe = [
  'registry.example.com/store/price-tags',
  '1.0.0',
  'alpine',
  'store-app',
  [22_000, 3_100],
];
const removed = 'quay.io/cilium/certgen';

/** How a showcase is made. */
interface ShowcaseOptions {
  /** Bytes for every thousand that real layers of such images have. */
  readonly scale: number;
  /** Of two, which follow each other. */
  readonly version?: 1 | 2;
  /** Packages of npm of every image, beside those of its base. */
  readonly modules?: number;
  /** Whether a layer is no tar. */
  readonly hasOddLayer?: boolean;
  /** See `BundleContent`. */
  readonly sign?: BundleContent['sign'];
}

/** A bundle that looks like one of a customer: images on few bases, charts, companions, files. The same options give the same. */
export async function showcaseBundle(options: ShowcaseOptions): Promise<SampleBundle> {
  const { scale, version = 1, sign } = options;
  const blobs = new MemoryBlobs();
  const images = await showcaseImages(blobs, options);
  images.push(await showcaseChart(blobs));
  const model = noise(160_000 * scale, 77);
  const { digest, size } = blobs.add(model, rawFileMediaType);
  return await writeSample(
    {
      name: 'store-edge',
      tool: { name: 'palette-edge', version: '0.1.0' },
      profiles: [
        { name: 'edge-infra', version: `1.${version}.0`, type: 'cluster' },
        { name: 'store-apps', version: `4.${11 + version}.0`, type: 'add-on' },
      ],
      images,
      rawFiles: [{ name: 'models/shelf-detection.onnx', digest, size }],
      sign,
    },
    blobs,
    { frameContent: defaultFrameContent },
  );
}

async function showcaseImages(blobs: MemoryBlobs, options: ShowcaseOptions): Promise<ImageToBundle[]> {
  const { scale, version, modules, hasOddLayer } = { version: 1, modules: 12, hasOddLayer: true, ...options };
  const bases = await baseLayers(scale);
  const chosen = version === 1 ? recipes : [...recipes.filter(([name]) => name !== removed), added];
  const images: ImageToBundle[] = [];
  const companions: ImageToBundle[] = [];
  for (const [place, recipe] of chosen.entries()) {
    const [name, old, base, pack] = recipe;
    const tag = (version === 2 ? newer.get(name) : undefined) ?? old;
    const own = await ownLayers(recipe, { tag, scale, modules });
    const amd64 = addLayeredImage(blobs, [...bases[base], ...own]);
    const root = name.endsWith('/pause') ? await withArm64(blobs, amd64, hasOddLayer) : amd64;
    if (name.endsWith('/prometheus'))
      companions.push(...(await sampleCompanions(blobs, { repository: name, tag, root })));
    images.push({
      reference: parseReference(`${name}:${tag}`),
      origins: [originOf(pack, place % 9)],
      graph: await graphOf(blobs, root),
    });
  }
  return [...images, ...companions];
}

function originOf(pack: string, place: number): ImageToBundle['origins'][number] {
  const profile = pack === 'store-app' ? 'store-apps' : 'edge-infra';
  return { kind: 'profile', profile, pack, key: `pack.content.images[${place}]`, line: 7 + place * 2 };
}

async function showcaseChart(blobs: MemoryBlobs): Promise<ImageToBundle> {
  return await chartToBundle(blobs, {
    reference: 'charts.example.com/store/store-apps:4.12.0',
    source: 'https://charts.example.com/store',
    archive: await sampleChart('store-apps', '4.12.0'),
  });
}

type Root = ReturnType<typeof addLayeredImage>;

/** An image, and the same for another platform; with a layer that is no tar: whoever reads it has to say so. */
async function withArm64(blobs: MemoryBlobs, amd64: Root, isOdd: boolean): Promise<Root> {
  const content = 'pause for arm64';
  const odd = { bytes: gzipSync(content), mediaType: mediaTypes.ociLayerGzip, diffId: digestOf(content) };
  const layer = isOdd ? odd : await layerOf({ pause: content });
  const platform = { os: 'linux', architecture: 'arm64' };
  return addIndex(blobs, [amd64, addLayeredImage(blobs, [layer], { platform })]);
}

async function baseLayers(scale: number): Promise<Readonly<Record<Base, readonly SampleLayer[]>>> {
  const debian = debianPackages.map((name) => paragraph(name)).join('');
  const alpine = [
    'alpine-baselayout',
    'busybox',
    'musl',
    'libcrypto3',
    'libssl3',
    'zlib',
    'ca-certificates-bundle',
  ];
  return {
    static: [
      await layerOf({
        'etc/os-release': 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Distroless"\n',
        'var/lib/dpkg/status.d/base': paragraph('base-files'),
        'var/lib/dpkg/status.d/tzdata': paragraph('tzdata'),
        'usr/share/zoneinfo/tzdata.zi': noise(700 * scale, 1),
      }),
    ],
    debian: [
      await layerOf({
        'etc/os-release': 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
        'var/lib/dpkg/status': debian,
        'usr/lib/x86_64-linux-gnu/libc.so.6': noise(9_000 * scale, 2),
        'usr/lib/x86_64-linux-gnu/libcrypto.so.3': noise(19_000 * scale, 3),
      }),
    ],
    alpine: [
      await layerOf({
        'etc/os-release': 'ID=alpine\nVERSION_ID=3.22.0\nPRETTY_NAME="Alpine Linux v3.22"\n',
        'lib/apk/db/installed': alpine.map((name) => `P:${name}\nV:3.5.1-r0\nA:x86_64\nL:MIT\n\n`).join(''),
        'lib/libcrypto.so.3': noise(3_400 * scale, 4),
      }),
    ],
  };
}

async function ownLayers(
  [name, , , , sizes]: Recipe,
  { tag, scale, modules }: { readonly tag: string; readonly scale: number; readonly modules: number },
): Promise<SampleLayer[]> {
  const short = name.slice(name.lastIndexOf('/') + 1);
  const layers: SampleLayer[] = [];
  for (const [place, size] of sizes.entries()) {
    // Only the uppermost layer is another one in another version.
    const version = place === sizes.length - 1 ? tag : '';
    const seed = Number.parseInt(digestOf(`${name} ${place} ${version}`).slice(7, 14), 16);
    layers.push(
      await layerOf({
        ...(place === 0 ? moduleFiles(short, modules) : {}),
        [`${place === 0 ? 'usr/local/bin' : `opt/${short}/data-${place}`}/${short}`]: noise(
          size * scale * 0.8,
          seed,
        ),
        [`usr/share/${short}/assets-${place}.bin`]: noise(size * scale * 0.2, seed + 1),
      }),
    );
  }
  return layers;
}

/** Half of the packages are those of other images, too. */
function moduleFiles(image: string, count: number): LayerMembers {
  return Object.fromEntries(
    Array.from({ length: count }, (_, place) => {
      const name = place % 2 === 0 ? `common-${place}` : `${image}-module-${place}`;
      const text = JSON.stringify({ name, version: `${1 + (place % 7)}.${place % 13}.0`, license: 'MIT' });
      return [`app/node_modules/${name}/package.json`, text];
    }),
  );
}

async function layerOf(members: LayerMembers): Promise<SampleLayer> {
  const tar = await layerTar(members);
  const diffId: Digest = digestOf(tar);
  return { bytes: gzipSync(tar, { level: 1 }), mediaType: mediaTypes.ociLayerGzip, diffId };
}

const debianPackages = [
  'adduser apt base-files bash bsdutils coreutils dash debconf debianutils diffutils dpkg e2fsprogs findutils gcc-12-base grep gzip',
  'hostname init-system-helpers libacl1 libapt-pkg6.0 libattr1 libaudit1 libblkid1 libbz2-1.0 libc-bin libc6 libcap2 libcom-err2',
  'libcrypt1 libdb5.3 libffi8 libgcc-s1 libgmp10 libgnutls30 libgpg-error0 libhogweed6 libidn2-0 liblz4-1 liblzma5 libmd0 libmount1',
  'libnettle8 libp11-kit0 libpam0g libpcre2-8-0 libseccomp2 libselinux1 libsepol2 libsmartcols1 libssl3 libstdc++6 libsystemd0',
  'libtasn1-6 libtinfo6 libudev1 libuuid1 libxxhash0 libzstd1 login mount ncurses-base openssl passwd perl-base sed tar tzdata zlib1g',
]
  .join(' ')
  .split(' ');

function paragraph(name: string): string {
  return `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1+deb12u1\nMaintainer: Some <some@example.com>\n\n`;
}
