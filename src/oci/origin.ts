/**
 * A place that asked for an image. No absolute path, host or user: origins are part of the inventory, and the same
 * input must give the same bytes on every machine.
 */
export type Origin =
  | { readonly kind: 'flag' }
  | { readonly kind: 'list'; readonly file: string; readonly line: number }
  | { readonly kind: 'manifest'; readonly file: string; readonly line: number; readonly key: string }
  | {
      readonly kind: 'profile';
      readonly profile: string;
      readonly pack: string;
      /** Dotted path inside the pack: `pack.content.images[2]`, `options.system.uri`, `manifests.crds spec.…`. */
      readonly key: string;
      /** 1-based line inside the pack's values or manifest, where one is known. */
      readonly line?: number;
    };

/** An origin as a person reads it: `profile edge-demo, pack calico, pack.content.images[2] (line 7)`. */
export function formatOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'flag':
      return '--image';
    case 'list':
      return `${origin.file}:${origin.line}`;
    case 'manifest':
      return `${origin.file}:${origin.line} ${origin.key}`;
    case 'profile': {
      const line = origin.line === undefined ? '' : ` (line ${origin.line})`;
      return `profile ${origin.profile}, pack ${origin.pack}, ${origin.key}${line}`;
    }
    default:
      throw new TypeError('unknown kind of origin');
  }
}
