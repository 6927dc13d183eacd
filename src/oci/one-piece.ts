/** Bytes in memory as the content of a blob. */
// oxlint-disable-next-line typescript/require-await -- the seam takes async iterables
export async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}
