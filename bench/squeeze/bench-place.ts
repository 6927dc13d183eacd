import type { BenchImage } from '../pull/image-set.ts';

/** What all measurements of squeezing work with. */
export interface BenchPlace {
  /** A folder for one thing after the other. */
  readonly work: string;
  /** Where programs are looked for. */
  readonly path: string;
  /** Our command, as the words of a shell. */
  readonly ours: string;
  /** HOST:PORT of the registry that has the images. */
  readonly host: string;
  /** The gzip layers by digest. */
  readonly blobs: string;
  readonly images: readonly BenchImage[];
  /** Bytes of the tars in the layers, each once. */
  readonly tarBytes: number;
  /** No single program takes longer, in seconds: whoever does ends the benchmark. */
  readonly limit: number;
}

/** A layer in a file. */
export interface LayerFile {
  readonly digest: string;
  /** Bytes of the gzip file. */
  readonly size: number;
}

/** The layers of images, each once, in the order of the images. */
export function layersOf(images: readonly Pick<BenchImage, 'layers'>[]): readonly LayerFile[] {
  const layers = images.flatMap(({ layers: own }) => own);
  return [...new Map(layers.map(({ digest, size }) => [digest, { digest, size }])).values()];
}
