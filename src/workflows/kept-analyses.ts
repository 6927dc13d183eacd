import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

import { PaletteEdgeError } from '../errors.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
import { canonicalJson } from '../io/canonical-json.ts';
import { isRecord } from '../io/is-record.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { digestHex, digestOf, isDigest } from '../oci/digest.ts';
import type { Analysis } from '../squeeze/analysis.ts';
import { parseRecipe } from '../squeeze/recipe.ts';
import type { KnownAnalyses } from './analyze-layers.ts';

/** A recipe that is larger is found again. */
const largestFile = 64 * 1024 * 1024;

/** Remembers in a folder what came of looking at layers. What is damaged, or cannot be read or written, is as if it were not there. */
export class KeptAnalyses implements KnownAnalyses {
  readonly #folder: string;

  /** @param folder for one version of this tool: another one may find other recipes */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async find(layer: BlobIdentity): Promise<Analysis | undefined> {
    const text = await this.#read(layer);
    const [sum = '', document = ''] = text.split('\n', 2);
    if (document === '' || digestOf(Buffer.from(document)) !== sum) return undefined;
    return analysisOf(layer, JSON.parse(document));
  }

  async keep(layer: BlobIdentity, analysis: Analysis): Promise<void> {
    const { outcome } = analysis;
    // On another machine, or another day, there may be enough.
    if (outcome === 'kept' && analysis.reason === 'no-memory') return;
    const document = canonicalJson(
      outcome === 'kept'
        ? { size: layer.size, outcome, reason: analysis.reason, text: analysis.text }
        : {
            size: layer.size,
            outcome,
            encoder: analysis.encoder,
            plain: { digest: analysis.plain.digest, size: analysis.plain.size },
            recipe: Buffer.from(analysis.recipe).toString('base64'),
            sketch: [...analysis.sketch],
          },
    );
    if (document.length > largestFile) return;
    const text = `${digestOf(Buffer.from(document))}\n${document}\n`;
    // Squeezing does not fail because of a cache.
    await writeFileAtomically(this.#pathOf(layer), async (file) => await file.writeFile(text)).catch(
      () => undefined,
    );
  }

  async #read(layer: BlobIdentity): Promise<string> {
    try {
      await using file = await open(this.#pathOf(layer), constants.O_RDONLY | constants.O_NONBLOCK);
      const status = await file.stat();
      return status.isFile() && status.size <= largestFile + 100 ? await file.readFile('utf8') : '';
    } catch {
      return '';
    }
  }

  #pathOf({ digest }: BlobIdentity): string {
    return join(this.#folder, `${digestHex(digest)}.json`);
  }
}

/** The sum was right: this is what was written, unless the format is another one. */
function analysisOf(layer: BlobIdentity, document: unknown): Analysis | undefined {
  if (!isRecord(document) || document['size'] !== layer.size) return undefined;
  const { outcome, reason, text } = document;
  if (outcome === 'kept' && isReason(reason) && typeof text === 'string') return { outcome, reason, text };
  return outcome === 'described' ? describedOf(layer, document) : undefined;
}

function describedOf(layer: BlobIdentity, document: Record<string, unknown>): Analysis | undefined {
  const { encoder, plain, recipe, sketch } = document;
  if (typeof encoder !== 'string' || typeof recipe !== 'string' || !isNumbers(sketch)) return undefined;
  const bytes = Buffer.from(recipe, 'base64');
  const identity = identityOf(plain);
  if (identity === undefined || !isRecipeOf(layer, bytes)) return undefined;
  return { outcome: 'described', encoder, plain: identity, recipe: bytes, sketch: Uint32Array.from(sketch) };
}

function identityOf(value: unknown): BlobIdentity | undefined {
  if (!isRecord(value)) return undefined;
  const { digest, size } = value;
  return typeof digest === 'string' && isDigest(digest) && typeof size === 'number'
    ? { digest, size }
    : undefined;
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}

function isReason(value: unknown): value is Extract<Analysis, { outcome: 'kept' }>['reason'] {
  const reasons: readonly unknown[] = [
    'not-gzip',
    'damaged',
    'unknown-encoder',
    'large-recipe',
    'large-plain',
  ];
  return reasons.includes(value);
}

function isRecipeOf({ digest, size }: BlobIdentity, bytes: Uint8Array): boolean {
  try {
    const { gzip } = parseRecipe(bytes, digest);
    return gzip.digest === digest && gzip.size === size;
  } catch (error) {
    if (error instanceof PaletteEdgeError) return false;
    throw error;
  }
}
