import { PaletteEdgeError } from '../errors.ts';

/** Where what is known of drives comes from; tests have folders of their own. */
export interface DriveSystem {
  /** As Node names it: only `linux` will do. */
  readonly platform: string;
  /** `/proc` */
  readonly proc: string;
  /** `/sys` */
  readonly sys: string;
  /** Runs a program of util-linux and gives what it printed. */
  readonly runTool: (program: string, args: readonly string[], signal: AbortSignal) => Promise<string>;
}

/**
 * Refuses to guess about drives where nobody can say what holds them.
 *
 * @throws PaletteEdgeError `USB_UNSUPPORTED` (kind usage) on anything but Linux
 */
export function requireLinux({ platform }: DriveSystem): void {
  if (platform === 'linux') return;
  throw new PaletteEdgeError(
    'USB_UNSUPPORTED',
    `USB drives are listed and written on Linux only, and this is ${platform}`,
    {
      kind: 'usage',
      suggestions: ['Run it on Linux, or write the image with a program that your system has for that.'],
    },
  );
}
