import { PaletteEdgeError } from '../errors.ts';
import { formatOrigin } from '../oci/origin.ts';
import type { Origin } from '../oci/origin.ts';
import { formatReference, hasImplicitTag, maskUserInfo, parseReference } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';
import type { Warning } from '../warning.ts';
import { compareOrigins } from './compare-origins.ts';
import type { MacroProblem, MacroResolver, Resolution } from './macro-resolver.ts';
import type { ParsedProfile } from './profile-set.ts';
import type { FoundImage } from './discover-reference.ts';
import { shownText } from './shown-text.ts';
import type { SkippedImage, SkipReason } from './skipped-image.ts';
import { splitTemplates } from './template-mask.ts';

/** An image that the inputs ask for. */
export interface RequestedImage {
  readonly reference: Reference;
  /** The reference in full, as {@link formatReference} gives it. */
  readonly name: string;
  /** Every place that asks for it, each once, sorted. */
  readonly origins: readonly Origin[];
}

/** A text that names an image, as it stands in the input. */
export interface ImageText {
  readonly text: string;
  readonly origin: Origin;
  /** The profile it belongs to; macros are resolved in it. */
  readonly profile?: ParsedProfile;
  /** Whether a text that is `NA` stands for no image. */
  readonly mayBeNone?: boolean;
  /** Whether the field may hold something else than an image: then only what surely is a reference is taken. */
  readonly isGuess?: boolean;
  /** Whether the tag has a field of its own: a guess without one is not taken for `latest`. */
  readonly hasTagField?: boolean;
  /** Whether it is in an inline manifest, where a pack's image list should name it too. */
  readonly needsList?: boolean;
}

/** What a manifest names besides the images that are taken: looked at once all lists are read. */
export interface Candidate {
  readonly found: FoundImage;
  readonly origin: Origin;
  readonly profile?: ParsedProfile;
}

/** Collects images with their origins, warnings and errors; lives for one run. */
export class ImageCollector {
  readonly #resolver: MacroResolver;
  readonly #images = new Map<string, { readonly reference: Reference; readonly origins: Origin[] }>();
  readonly #listed = new Set<string>();
  readonly #unlisted: (ImageText & { readonly name: string })[] = [];
  readonly #textWarnings: Warning[] = [];
  /** With the image that they are about. */
  readonly #warnings: (Warning & { readonly reference?: Reference })[] = [];
  readonly #errors: PaletteEdgeError[] = [];
  readonly #skipped: SkippedImage[] = [];
  readonly #candidates: Candidate[] = [];

  constructor(resolver: MacroResolver) {
    this.#resolver = resolver;
  }

  /** Takes what the text names; what is wrong with it is kept for {@link errors}. */
  add(image: ImageText): void {
    const resolution = this.#resolver.resolve(image.text, image.profile);
    if (resolution.problems.length > 0) {
      for (const problem of resolution.problems) this.#errors.push(macroError(image.origin, problem));
      return;
    }
    if (isNone(image, resolution.text)) return this.#skip(image, 'names none');
    if (image.isGuess === true && !this.#isSurelyImage(image, resolution)) return;
    const reference = this.#parse(image, resolution);
    if (reference !== undefined) this.#keep(image, reference, resolution);
  }

  /** Keeps what may be an image until everything that is listed is known. */
  consider(candidate: Candidate): void {
    this.#candidates.push(candidate);
  }

  candidates(): readonly Candidate[] {
    return this.#candidates;
  }

  /** What was passed over, in the order of the input. */
  skipped(): readonly SkippedImage[] {
    return this.#skipped;
  }

  #skip({ origin, text, profile }: ImageText, reason: SkipReason): void {
    if (profile?.isSilent !== true)
      this.#skipped.push({ origin, text: shownText(maskUserInfo(text)), reason });
  }

  /** @param profile what it is about; nothing is said of a silent one */
  warn(code: string, message: string, profile?: ParsedProfile): void {
    if (profile?.isSilent !== true) this.#warnings.push({ code, message });
  }

  /** Of how a text is read; told before what is read in it. */
  warnOfText(code: string, message: string, profile?: ParsedProfile): void {
    if (profile?.isSilent !== true) this.#textWarnings.push({ code, message });
  }

  /** Everything that is wrong with the input. */
  errors(): readonly PaletteEdgeError[] {
    return this.#errors;
  }

  /** The images sorted by name in code-unit order. */
  images(): RequestedImage[] {
    return this.#sorted().map(([name, { reference, origins }]) => ({
      reference,
      name,
      origins: withoutTwins(origins).toSorted(compareOrigins),
    }));
  }

  /** Those of {@link images}. */
  references(): Reference[] {
    return this.#sorted().map(([, { reference }]) => reference);
  }

  #sorted() {
    return [...this.#images].toSorted(([left], [right]) => (left < right ? -1 : 1));
  }

  /** @param isLeftOut whether the user leaves an image out: nothing is told of it then */
  warnings(isLeftOut: (reference: Reference) => boolean): Warning[] {
    const isTold = ({ name, profile }: ImageText & { readonly name: string }): boolean => {
      if (this.#listed.has(name) || profile?.isSilent === true) return false;
      const reference = this.#images.get(name)?.reference;
      return reference === undefined || !isLeftOut(reference);
    };
    const unlisted = this.#unlisted.filter(isTold).map(({ name, origin }) => ({
      code: 'UNLISTED_IMAGE',
      message: `${formatOrigin(origin)}: ${name} is in no image list; it is bundled all the same. Add "- image: ${name}" to pack.content.images`,
    }));
    const warnings = this.#warnings
      .filter(({ reference }) => reference === undefined || !isLeftOut(reference))
      .map(({ code, message }) => ({ code, message }));
    return [...this.#textWarnings, ...warnings, ...unlisted];
  }

  #parse(image: ImageText, { text, sensitive }: Resolution): Reference | undefined {
    try {
      return parseReference(text);
    } catch (error) {
      if (!(error instanceof PaletteEdgeError)) throw error;
      this.#errors.push(
        sensitive.length > 0 ? sensitiveError(image) : referenceError(image.origin, text, error),
      );
      return undefined;
    }
  }

  #keep(image: ImageText, reference: Reference, { text, sensitive }: Resolution): void {
    const name = formatReference(reference);
    const known = this.#images.get(name);
    if (known === undefined) this.#images.set(name, { reference, origins: [image.origin] });
    else known.origins.push(image.origin);
    if (image.needsList === true) this.#unlisted.push({ ...image, name });
    else this.#listed.add(name);
    if (image.profile?.isSilent === true) return;
    const place = formatOrigin(image.origin);
    const tell = (code: string, message: string): void =>
      void this.#warnings.push({ code, message: `${place}: ${message}`, reference });
    if (sensitive.length > 0) {
      const names = sensitive.map(shownText).join(', ');
      tell('SENSITIVE_IN_REFERENCE', `the sensitive variable ${names} becomes readable in the bundle`);
    }
    const doubt = tagDoubt(image, reference, hasImplicitTag(text));
    if (doubt !== undefined) tell(doubt.code, `${shownText(image.text)} ${doubt.message}`);
  }

  /** A field that may name an image: taken when it names a registry, a tag or a digest; otherwise said and left out. */
  #isSurelyImage(image: ImageText, { text, sensitive }: Resolution): boolean {
    const { origin, hasTagField } = image;
    const shown = sensitive.length > 0 ? 'its value' : shownText(maskUserInfo(text));
    if (text.includes('{{')) {
      this.#skip(image, 'is a template');
      this.warn(
        'TEMPLATE_SKIPPED',
        `${formatOrigin(origin)}: ${shown} is a template; left out. Add the image with --image`,
        image.profile,
      );
      return false;
    }
    if (!isParsable(text)) return false;
    if (!hasImplicitTag(text)) return true;
    const isFile = fileEnding.test(text);
    const isNamed = namesRegistry(text);
    if (isNamed && !isFile && hasTagField !== true) return true;
    // A picture or disk beside the object is no image; on a host it may be either.
    if (isNamed || !isFile) {
      this.#skip(image, 'may be no image');
      this.warn(
        'IMAGE_FIELD_SKIPPED',
        `${formatOrigin(origin)}: ${shown} may be no image; left out. If it is one, add --image`,
        image.profile,
      );
    }
    return false;
  }
}

/** What is to be said of how the version is written; the message begins behind the image. */
function tagDoubt(
  { origin }: ImageText,
  { tag, digest }: Reference,
  isImplicit: boolean,
): Warning | undefined {
  if (tag === undefined && isListEntry(origin)) {
    const message = 'has a digest and no tag: nobody sees which version it is; write NAME:TAG@DIGEST';
    return { code: 'NO_TAG_BUT_DIGEST', message };
  }
  if (isImplicit)
    return { code: 'NO_TAG', message: 'has neither tag nor digest: :latest is pulled, which changes' };
  if (tag !== 'latest' || digest !== undefined) return undefined;
  return { code: 'LATEST_TAG', message: 'is :latest, which changes; name a version or a digest' };
}

function withoutTwins(origins: readonly Origin[]): readonly Origin[] {
  if (origins.length === 1) return origins;
  return [...new Map(origins.map((origin) => [JSON.stringify(origin), origin])).values()];
}

function isListEntry(origin: Origin): boolean {
  return origin.kind === 'profile' && origin.key.startsWith('pack.content.images');
}

function isNone({ text, mayBeNone }: ImageText, resolved: string): boolean {
  const none = resolved.trim();
  return (mayBeNone === true || text.includes('{{')) && (none === '' || none.toLowerCase() === 'na');
}

const fileEnding =
  /\.(?:iso|img|qcow2?|vmdk|vhdx?|ova|raw|png|jpe?g|gif|svg|ico|webp|tar|t?gz|xz|zst|bz2|zip)$/i;

function namesRegistry(text: string): boolean {
  const first = text.replace(/^[a-z]+:\/\//, '').split('/')[0] ?? '';
  return text.includes('/') && /[.:]|^localhost$/.test(first);
}

function isParsable(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch (error) {
    if (error instanceof PaletteEdgeError) return false;
    throw error;
  }
}

const maximumUsers = 5;

function macroError(
  origin: Origin,
  { code, macro, reason, suggestion, neededBy }: MacroProblem,
): PaletteEdgeError {
  const users = neededBy.length > maximumUsers ? [...neededBy.slice(0, maximumUsers), '…'] : neededBy;
  const via = users.length === 0 ? '' : ` (needed by ${users.join(', needed by ')})`;
  return new PaletteEdgeError(code, `${formatOrigin(origin)}: ${macro} cannot be resolved: ${reason}${via}`, {
    kind: 'usage',
    suggestions: suggestion === undefined ? [] : [suggestion],
  });
}

function referenceError(origin: Origin, text: string, error: PaletteEdgeError): PaletteEdgeError {
  const template = splitTemplates(text).find(({ isExpression }) => isExpression);
  if (template === undefined) {
    const { code, kind, suggestions } = error;
    return new PaletteEdgeError(code, `${formatOrigin(origin)}: ${error.message}`, { kind, suggestions });
  }
  const message = `${formatOrigin(origin)}: ${shownText(template.text)} is a template that Palette does not know`;
  return new PaletteEdgeError('REFERENCE_INVALID', message, {
    kind: 'usage',
    suggestions: ['Render the templates first (helm template …), or write the reference itself.'],
  });
}

/** Without the cause: it would quote the value. */
function sensitiveError({ origin, text }: ImageText): PaletteEdgeError {
  return new PaletteEdgeError(
    'REFERENCE_INVALID',
    `${formatOrigin(origin)}: ${JSON.stringify(shownText(maskUserInfo(text)))} is no image reference once its macros are resolved; a sensitive value is not shown`,
    { kind: 'usage', suggestions: ['Expected [registry/]repository[:tag][@sha256:digest].'] },
  );
}
