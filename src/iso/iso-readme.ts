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
  /** What it is when it is not plain: no host takes it as it is then. */
  readonly mode?: 'squeezed' | 'delta' | undefined;
  /** What a delta bundle was made against. */
  readonly bases?: readonly { readonly name: string; readonly id: string }[] | undefined;
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
  const isPlain = input.bundles.every(({ mode }) => mode === undefined);
  const lines = [
    'CONTENT FOR PALETTE EDGE',
    '',
    'This drive brings container images to edge hosts, so that they need not be',
    `downloaded. ${isPlain ? 'There is nothing to unpack, and nothing' : 'Nothing'} starts by itself.`,
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
  const { path, name, id, size, images, charts, parts = [], signatureFile, mode } = bundle;
  return [
    `  ${path}`,
    `    bundle   ${name}`,
    `    id       ${id}`,
    `    size     ${formatByteSize(size)} (${size} bytes)`,
    `    images   ${images}`,
    ...(charts > 0 ? [`    charts   ${charts}`] : []),
    ...(parts.length > 0 ? [`    in parts ${parts.length}: ${parts[0]} to ${parts.at(-1)}`] : []),
    ...(signatureFile === undefined ? [] : [`    signed   ${signatureFile}`]),
    ...(mode === 'squeezed' ? ['    kind     squeezed: made smaller, see below'] : []),
    ...(mode === 'delta' ? ['    kind     delta: only what is new, see below'] : []),
    ...basesOf(bundle).map((base) => `    base     ${base}`),
    '',
  ];
}

/** Of a real one there are a few. */
const mostBases = 16;

function basesOf({ bases = [] }: DescribedBundle): string[] {
  return bases.slice(0, mostBases).map(({ name, id }) => `${name} ${id}`);
}

function fileLines({ clusterDefinition, tool, others }: ReadmeInput): string[] {
  const files: [string, string][] = [
    ...(clusterDefinition === undefined
      ? []
      : [[clusterDefinition, 'cluster definition'] satisfies [string, string]]),
    ...(tool === undefined ? [] : [[tool, 'the program, for Linux'] satisfies [string, string]]),
    ...others.map((path): [string, string] => [path, '']),
    [checksumListName, 'checksums of all other files'],
  ];
  const width = Math.max(...files.map(([path]) => path.length));
  return [...files.map(([path, what]) => `  ${path.padEnd(width)}  ${what}`.trimEnd()), ''];
}

/** More are found by their names. */
const mostChecked = 8;

function checkLines(input: ReadmeInput): string[] {
  const program = programOf(input);
  const bundles = input.bundles.slice(0, mostChecked);
  const [signed] = bundles.filter(({ signatureFile }) => signatureFile !== undefined);
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
    ...(bundles.length === 0 ? ['BUNDLE'] : bundles.map(nameOf)).map((name) => `  ${program} verify ${name}`),
    '',
    ...(signed === undefined ? [] : signedLines(program, nameOf(signed))),
    'If anything is damaged, do not use this drive. Have it written again.',
    '',
    ...programLines(input),
  ];
}

function signedLines(program: string, bundle: string): string[] {
  return [
    'and who made it, by a public key that came another way than on this drive:',
    '',
    `  ${program} verify ${bundle} --public-key KEY.pub`,
    '',
  ];
}

/** What commands take: any part of one that is in parts. */
function nameOf({ parts, path }: DescribedBundle): string {
  return parts?.[0] ?? path;
}

function programOf({ tool }: ReadmeInput): string {
  return tool === undefined ? 'palette-edge' : `./${tool}`;
}

function programLines({ tool }: ReadmeInput): string[] {
  if (tool === undefined)
    return [
      'That program is not on this drive. It is one file that needs no installation:',
      'whoever made this drive has it.',
    ];
  return [
    'That program is on this drive, and needs no installation. "Permission denied":',
    'copy it to a folder of the machine, chmod +x it there, and start that copy.',
    '"Exec format error": it is for another kind of machine.',
    'When it fails, it says what to try. If that does not help, send its message',
    `and code to whoever made this drive. All that it can do: ./${tool} --help`,
  ];
}

function useLines(input: ReadmeInput): string[] {
  const { bundles } = input;
  const program = programOf(input);
  const first = (kind: DescribedBundle['mode']): string | undefined => {
    const found = bundles.find(({ mode }) => mode === kind);
    return found === undefined ? undefined : nameOf(found);
  };
  const [plain, squeezed, delta] = [first(undefined), first('squeezed'), first('delta')];
  const ways = [
    ...(plain !== undefined || bundles.length === 0 ? [plainWay(program, plain ?? 'BUNDLE')] : []),
    ...(squeezed === undefined ? [] : [squeezedWay(program, squeezed)]),
    ...(delta === undefined ? [] : [deltaWay(program, delta)]),
  ];
  const whole = plain ?? squeezed;
  const [bundle, flags] = whole === undefined && delta !== undefined ? [delta, ' --base OLD'] : [whole, ''];
  const clients = clientLines(`${program} load ${bundle ?? 'BUNDLE'}${flags} --into k3s`);
  return [...ways, clients].flatMap((lines, index) => (index === 0 ? lines : ['', '', ...lines]));
}

function clientLines(load: string): string[] {
  return [
    'Hosts pull from there under the names that their pods have, once they are told.',
    'The same line prints what goes into a file of each host, with two flags more;',
    'ADDRESS is that of the machine that serves:',
    '',
    '  --advertise http://ADDRESS:5080 --print-config k3s',
    '',
    'or rke2, containerd, podman, crio in place of k3s. A host with k3s takes the',
    'images without a server, too:',
    '',
    `  sudo ${load}`,
  ];
}

function plainWay(program: string, bundle: string): string[] {
  return [
    '1. Plug this drive into the edge host, beside the installation drive.',
    '2. Start the installation, and leave both drives in until it has ended.',
    '3. Keep this drive: hosts that are set up again need the same content.',
    '',
    'Without an installer, any machine on the site can hand out the images:',
    '',
    `  ${program} serve ${bundle} --listen 0.0.0.0:5080`,
  ];
}

function squeezedWay(program: string, bundle: string): string[] {
  return [
    'A squeezed bundle is not for installers: they find other images in it. Any',
    'machine on the site can hand out the images as they were:',
    '',
    `  ${program} serve ${bundle} --listen 0.0.0.0:5080`,
    '',
    'or make the bundle plain, in another place:',
    '',
    `  ${program} unsqueeze ${bundle} --output NEW.tar.zst`,
  ];
}

function deltaWay(program: string, bundle: string): string[] {
  return [
    'A delta bundle is an update. It is of use together with the bundle that it was',
    'made against: its base, which the site has. OLD is where that lies. A machine',
    'on the site can hand out all images:',
    '',
    `  ${program} serve ${bundle} --base OLD --listen 0.0.0.0:5080`,
    '',
    'or make the whole new bundle, in another place:',
    '',
    `  ${program} apply ${bundle} --base OLD --output NEW.tar.zst`,
  ];
}
