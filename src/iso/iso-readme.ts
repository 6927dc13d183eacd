import { formatByteSize } from '../io/byte-size.ts';
import { checksumListName } from './iso-checksums.ts';

/** Name of the text in the root of an image. */
export const readmeName = 'README.txt';

/** A bundle of an image, for a person. */
export interface DescribedBundle {
  /** In the image; of parts, what they are joined to. */
  readonly path: string;
  readonly name: string;
  readonly id: string;
  /** In bytes. */
  readonly size: number;
  readonly images: number;
  readonly charts: number;
  /** Paths in the image, in order; undefined for one file. */
  readonly parts?: readonly string[];
  /** Path of its signature file in the image; undefined when there is none. */
  readonly signatureFile?: string | undefined;
}

/** What the text tells of. */
export interface ReadmeInput {
  readonly bundles: readonly DescribedBundle[];
  readonly clusterDefinition: string | undefined;
  /** Path of the tool in the image. */
  readonly tool: string | undefined;
  /** Paths of all other files. */
  readonly others: readonly string[];
}

/** The text for whoever holds the drive in the hand. Lines end as Windows needs it: everybody else can read that, too. */
export function isoReadme(input: ReadmeInput): string {
  const lines = [
    'CONTENT FOR PALETTE EDGE',
    '',
    'This drive brings container images to edge hosts, so that they need not be',
    'downloaded. There is nothing to unpack, and nothing starts by itself.',
    '',
    '',
    'WHAT IS ON IT',
    '',
    ...input.bundles.flatMap(bundleLines),
    ...fileLines(input),
    '',
    'IS IT UNDAMAGED?',
    '',
    ...checkLines(input),
    '',
    '',
    'HOW IT IS USED',
    '',
    ...useLines(input),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function bundleLines(bundle: DescribedBundle): string[] {
  const { path, name, id, size, images, charts, parts = [], signatureFile } = bundle;
  return [
    `  ${path}`,
    `    bundle   ${name}`,
    `    id       ${id}`,
    `    size     ${formatByteSize(size)} (${size} bytes)`,
    `    images   ${images}`,
    ...(charts > 0 ? [`    charts   ${charts}`] : []),
    ...(parts.length > 0 ? [`    in parts ${parts.length}: ${parts[0]} to ${parts.at(-1)}`] : []),
    ...(signatureFile === undefined ? [] : [`    signed   ${signatureFile}`]),
    '',
  ];
}

function fileLines({ clusterDefinition, tool, others }: ReadmeInput): string[] {
  const files: [string, string][] = [
    ...(clusterDefinition === undefined
      ? []
      : [[clusterDefinition, 'cluster definition'] satisfies [string, string]]),
    ...(tool === undefined
      ? []
      : [[tool, 'the program that made and checks bundles'] satisfies [string, string]]),
    ...others.map((path): [string, string] => [path, '']),
    [checksumListName, 'checksums of all other files'],
  ];
  const width = Math.max(...files.map(([path]) => path.length));
  return [...files.map(([path, what]) => `  ${path.padEnd(width)}  ${what}`.trimEnd()), ''];
}

function checkLines({ tool, bundles }: ReadmeInput): string[] {
  const bundle = bundles[0]?.parts?.[0] ?? bundles[0]?.path ?? 'BUNDLE';
  return [
    'Open a terminal in the root folder of this drive. Every line must end with OK.',
    '',
    `  Linux    sha256sum -c ${checksumListName}`,
    `  macOS    shasum -a 256 -c ${checksumListName}`,
    '  Windows  certutil -hashfile FILE SHA256',
    `           for each file; compare with its line in ${checksumListName}`,
    '',
    'The palette-edge program tells which image is damaged:',
    '',
    `  ${tool === undefined ? 'palette-edge' : `./${tool}`} verify ${bundle}`,
    '',
    'If anything is damaged, do not use this drive. Have it written again.',
  ];
}

function useLines({ bundles, tool }: ReadmeInput): string[] {
  const bundle = bundles[0]?.parts?.[0] ?? bundles[0]?.path ?? 'BUNDLE';
  return [
    '1. Plug this drive into the edge host, beside the installation drive.',
    '2. Start the installation, and leave both drives in until it has ended.',
    '3. Keep this drive: hosts that are set up again need the same content.',
    '',
    'Without an installer, any machine on the site can hand out the images:',
    '',
    `  ${tool === undefined ? 'palette-edge' : `./${tool}`} serve ${bundle} --listen 0.0.0.0:5080`,
  ];
}
