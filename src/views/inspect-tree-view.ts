import { formatByteSize } from '../io/byte-size.ts';
import { totalSize } from '../io/total-size.ts';
import { digestHex } from '../oci/digest.ts';
import { formatOrigin } from '../oci/origin.ts';
import type { InspectResult } from '../workflows/inspect-bundle.ts';
import { countOf } from './count-of.ts';

type ImageTree = NonNullable<InspectResult['tree']>[number];
type SharedBlob = ImageTree['others'][number];

interface Node {
  readonly text: string;
  readonly below: readonly Node[];
}

const shownDigits = 12;
/** A discovered image may have hundreds. */
const shownOrigins = 3;

/** Images with their platforms, layers, sizes and origins; what is shared, and what each image has alone. */
export function inspectTreeView({ tree = [], inventory: { images } }: InspectResult): string {
  const origins = new Map(
    images.map(({ reference, origins: places }) => [reference, places.map(formatOrigin)]),
  );
  return tree
    .map((image) => nodeOf(image, origins.get(image.reference) ?? []))
    .flatMap((node) => linesOf(node))
    .join('\n');
}

function nodeOf(image: ImageTree, origins: readonly string[]): Node {
  const { reference, sameAs, digest, totalSize: whole, uniqueSize, platforms, others } = image;
  const asked = originNodes(origins);
  const title = `${reference}  ${shortOf({ digest })}`;
  if (sameAs !== undefined) return { text: `${title}  the same image as ${sameAs}`, below: asked };
  const sizes = `${formatByteSize(whole)}, ${formatByteSize(uniqueSize)} of it in no other image`;
  const ofPlatforms = platforms.map(({ platform = 'unknown platform', layers, ...manifest }): Node => ({
    text: `${platform}  ${shortOf(manifest)}  ${countOf(layers.length, 'layer')}, ${formatByteSize(totalSize(layers))}`,
    below: layers.map(blobNode),
  }));
  return { text: `${title}  ${sizes}`, below: [...asked, ...ofPlatforms, ...others.map(typedNode)] };
}

function originNodes(origins: readonly string[]): Node[] {
  const more = origins.length - shownOrigins;
  const shown = origins.slice(0, shownOrigins).map((origin) => leaf(`from ${origin}`));
  return more > 0 ? [...shown, leaf(`and from ${countOf(more, 'other place')}`)] : shown;
}

function blobNode(blob: SharedBlob): Node {
  return leaf(`${shortOf(blob)}  ${sizeText(blob)}`);
}

function typedNode(blob: SharedBlob): Node {
  return leaf(`${shortOf(blob)}  ${blob.mediaType}  ${sizeText(blob)}`);
}

function sizeText({ size, sharedWith }: SharedBlob): string {
  const shared = sharedWith === 0 ? '' : `  shared with ${countOf(sharedWith, 'other image')}`;
  return `${formatByteSize(size)}${shared}`;
}

function shortOf({ digest }: Pick<SharedBlob, 'digest'>): string {
  return digestHex(digest).slice(0, shownDigits);
}

function leaf(text: string): Node {
  return { text, below: [] };
}

/** Three levels at most: image, platform, layer. */
function linesOf({ text, below }: Node): string[] {
  return [
    text,
    ...below.flatMap((node, index) => {
      const isLast = index === below.length - 1;
      return linesOf(node).map((line, at) => `${prefixOf(isLast, at === 0)}${line}`);
    }),
  ];
}

function prefixOf(isLast: boolean, isFirstLine: boolean): string {
  if (isFirstLine) return isLast ? '└─ ' : '├─ ';
  return isLast ? '   ' : '│  ';
}
