/** What things with a size have together, in bytes. */
export function totalSize(things: readonly { readonly size: number }[]): number {
  return things.reduce((sum, { size }) => sum + size, 0);
}
