import { PaletteEdgeError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { ImageSignatureKey } from '../trust/image-signature-keys.ts';
import type { ImageSignatureVerdict } from '../trust/image-signature-verdict.ts';

/** A verdict that does not let an image in. */
export type BadVerdict = Exclude<ImageSignatureVerdict, { readonly kind: 'good' }>;

/** An image that no good signature was found for. */
export interface UnverifiedImage {
  readonly name: string;
  /** Registry and repository. */
  readonly repository: string;
  readonly digest: Digest;
  readonly keys: readonly ImageSignatureKey[];
  readonly verdicts: readonly BadVerdict[];
  /** Undefined when every question was answered. */
  readonly gap: PaletteEdgeError | undefined;
}

/** Reasons that are told of one image; a hostile registry has many. */
const maximumReasons = 3;

/**
 * The error for an image without a good signature.
 *
 * @returns `IMAGE_SIGNATURES_UNKNOWN` (of the kind of what went wrong) when a registry did not say all, otherwise of kind content:
 *   `IMAGE_UNSIGNED`, `IMAGE_SIGNATURE_UNREADABLE`, `IMAGE_SIGNED_BY_OTHER_KEY`, `IMAGE_SIGNATURE_OF_OTHER` for one of another digest
 */
export function imageSignatureError(image: UnverifiedImage): PaletteEdgeError {
  const { name, digest, keys, verdicts, gap } = image;
  const wanted = keys.map(keyText).join(' or ');
  const found = foundText(verdicts);
  const subject = `${name}, ${digest}, has no good signature by ${wanted}`;
  const details = { digest, keys: keys.map(({ key }) => key.id), found };
  if (gap !== undefined) {
    const { kind, suggestions } = gap;
    const message = `${subject} that could be found (${found}): ${gap.message}`;
    return new PaletteEdgeError('IMAGE_SIGNATURES_UNKNOWN', message, {
      kind,
      cause: gap,
      suggestions,
      details,
    });
  }
  const { code, suggestions } = whatItIs(image);
  return new PaletteEdgeError(code, `${subject}: ${found}`, { kind: 'content', suggestions, details });
}

function keyText({ file, key }: ImageSignatureKey): string {
  return `${file} (${key.id})`;
}

function whatItIs({ repository, digest, verdicts }: UnverifiedImage): {
  readonly code: string;
  readonly suggestions: readonly string[];
} {
  const sign = `Sign it with the private key: cosign sign --key KEY ${repository}@${digest}`;
  const scope = 'To ask it only of some images, name their prefix: --verify-image-key PREFIX=KEY';
  const kinds = new Set(verdicts.map(({ kind }) => kind));
  if (kinds.has('other-digest')) {
    const suspicion =
      'A good signature of another image was put beside it: find out who changed it, and why.';
    return { code: 'IMAGE_SIGNATURE_OF_OTHER', suggestions: [suspicion] };
  }
  if (kinds.has('other-key')) {
    const ask = 'Ask whoever signs it for the public key, and compare the ids of both.';
    return { code: 'IMAGE_SIGNED_BY_OTHER_KEY', suggestions: [ask, sign] };
  }
  if (kinds.has('unusable')) return { code: 'IMAGE_SIGNATURE_UNREADABLE', suggestions: [sign] };
  return { code: 'IMAGE_UNSIGNED', suggestions: [sign, scope] };
}

/** `no signature`, `2 signatures by none of these keys; 1 by acme.pub of sha256:…`. */
function foundText(verdicts: readonly BadVerdict[]): string {
  if (verdicts.length === 0) return 'no signature was found';
  const counts = new Map<string, number>();
  for (const verdict of verdicts) counts.set(textOf(verdict), (counts.get(textOf(verdict)) ?? 0) + 1);
  const texts = [...counts].map(([text, count]) => (count === 1 ? text : `${count} times: ${text}`));
  const rest = texts.length - maximumReasons;
  return [...texts.slice(0, maximumReasons), ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}

function textOf(verdict: BadVerdict): string {
  switch (verdict.kind) {
    case 'other-key':
      return `a signature by none of these keys${verdict.hint === undefined ? '' : ` (it says by ${verdict.hint})`}`;
    case 'other-digest':
      return `a signature by ${verdict.key.file} of another image, ${verdict.digests.slice(0, 2).join(' and ')}`;
    case 'unusable':
      return `a signature that cannot be used: ${verdict.reason}`;
    default:
      throw new TypeError('unknown verdict');
  }
}
