import { firstThere } from './find-runtimes.ts';

/** A program, and what stands before its arguments. */
export type Command = readonly [program: string, ...args: readonly string[]];

/** Where `ctr` may be. */
export interface CtrPlaces {
  /** Whether it is on the PATH. */
  readonly isOnPath: boolean;
  /** Paths of the program `k3s`, which is `ctr` as well; the first that is there counts. */
  readonly k3s: readonly string[];
  /** Where rke2 puts its own. */
  readonly rke2: string;
}

/**
 * How to run `ctr`: k3s and rke2 bring one with their containerd, and put none on the PATH. Any of them speaks to any socket.
 *
 * @returns just `ctr` when there is none, so that running it says so
 */
export async function ctrCommand({ isOnPath, k3s, rke2 }: CtrPlaces): Promise<Command> {
  if (isOnPath) return ['ctr'];
  const program = await firstThere(k3s);
  if (program !== undefined) return [program, 'ctr'];
  return [(await firstThere([rke2])) ?? 'ctr'];
}
