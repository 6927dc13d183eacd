import { fileURLToPath } from 'node:url';

/** What a contestant is to make into one `out.tar.zst`. */
export interface Job {
  /** HOST:PORT, plain HTTP. */
  readonly host: string;
  /** The images; also in `images.txt`, one on each line. */
  readonly references: readonly string[];
}

/** Someone who makes one `.tar.zst` of all images. What it leaves in its folder it may use for the next one. */
export interface Contestant {
  readonly name: string;
  /** Name of a program on the PATH. */
  readonly program: string;
  /** Prints its version. */
  readonly version: string;
  /** A script of the shell, run in a folder of its own. */
  readonly script: (job: Job) => string;
  /** Files that it needs in its folder besides `images.txt`. */
  readonly files?: (job: Job) => Readonly<Record<string, string>>;
}

const paletteEdge = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** @param program the built `bin/run.js` of palette-edge, ours when undefined */
export function contestants(program: string = paletteEdge): readonly Contestant[] {
  const ours = `${process.execPath} ${program}`;
  return [
    {
      name: 'palette-edge build',
      program: process.execPath,
      version: `${ours} --version`,
      script: ({ host }) =>
        `${ours} build --images-file images.txt --plain-http ${host} --store store --output out.tar.zst`,
    },
    ...peers,
  ];
}

const peers: readonly Contestant[] = [
  {
    name: 'skopeo',
    program: 'skopeo',
    version: 'skopeo --version',
    script: ({ references }) =>
      lines(
        ...references.map(
          (reference) =>
            `skopeo copy -q --all --src-tls-verify=false docker://${reference} oci:layout:${imageName(reference)}`,
        ),
        'tar -C layout -cf - . | zstd -q -3 -T0 -o out.tar.zst',
      ),
  },
  {
    name: 'skopeo, 6 at a time',
    program: 'skopeo',
    version: 'skopeo --version',
    // Copies side by side would overwrite each other's index.json: a layout each, with one folder of blobs.
    files: ({ references }) => ({
      'copies.txt': references
        .map((reference) => `docker://${reference} oci:all/layouts/${imageName(reference)}:1\n`)
        .join(''),
    }),
    script: () =>
      lines(
        'mkdir -p all/layouts',
        'xargs -P 6 -L 1 skopeo copy -q --all --src-tls-verify=false --dest-shared-blob-dir all/blobs < copies.txt',
        'tar -C all -cf - . | zstd -q -3 -T0 -o out.tar.zst',
      ),
  },
  {
    name: 'crane',
    program: 'crane',
    version: 'crane version',
    script: () =>
      lines(
        'crane pull --format=oci --annotate-ref $(cat images.txt) layout',
        'tar -C layout -cf - . | zstd -q -3 -T0 -o out.tar.zst',
      ),
  },
  {
    name: 'oras',
    program: 'oras',
    version: 'oras version',
    script: ({ references }) =>
      lines(
        ...references.map(
          (reference) =>
            `oras cp --no-tty --from-plain-http --concurrency 6 --to-oci-layout ${reference} layout:${imageName(reference)}`,
        ),
        'tar -C layout -cf - . | zstd -q -3 -T0 -o out.tar.zst',
      ),
  },
  {
    name: 'hauler',
    program: 'hauler',
    version: 'hauler version | grep GitVersion',
    script: () =>
      lines(
        'hauler store sync --image-txt images.txt --exclude-extras --concurrency 6 --no-progress --store store',
        'hauler store save --store store --filename out.tar.zst',
      ),
  },
  {
    name: 'zarf',
    program: 'zarf',
    version: 'zarf version',
    files: ({ references }) => ({ 'zarf.yaml': zarfPackage(references) }),
    script: () =>
      lines(
        'zarf package create . --confirm --skip-sbom --no-progress --plain-http --oci-concurrency 6 --zarf-cache cache --tmpdir . --output .',
        'mv zarf-package-bench-amd64-1.0.0.tar.zst out.tar.zst',
      ),
  },
];

function imageName(reference: string): string {
  return /([^/]+):1$/.exec(reference)?.[1] ?? reference;
}

function zarfPackage(references: readonly string[]): string {
  return lines(
    'kind: ZarfPackageConfig',
    'metadata: { name: bench, version: 1.0.0, architecture: amd64 }',
    'components:',
    '  - name: images',
    '    required: true',
    '    images:',
    ...references.map((reference) => `      - ${reference}`),
  );
}

function lines(...texts: readonly string[]): string {
  return `${texts.join('\n')}\n`;
}
