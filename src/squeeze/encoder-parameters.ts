/**
 * Which program writes a stream, and with which settings. The names are part of the recipe's format (docs/squeeze-recipe.md): they
 * never change their meaning, and there is one for each family of outputs.
 */
export interface EncoderParameters {
  /** `go`, `zlib`, `pigz`, `gnu-gzip`, `pgzip`, `klauspost`, `go127`, or `corrections`. */
  readonly encoder: string;
  /** Settings by name: safe integers. */
  readonly settings: Readonly<Record<string, number>>;
}
