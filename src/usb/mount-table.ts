/** A mounted file system, from one line of mountinfo. */
export interface Mount {
  /** `8:17`; of Btrfs and the like a number that no device has. */
  readonly number: string;
  readonly mountPoint: string;
  /** What was mounted, in the words of whoever mounted it: often a path in /dev. */
  readonly source: string;
}

/** Reads `/proc/PID/mountinfo`; see proc_pid_mountinfo(5). Lines of another shape are left out. */
export function parseMountTable(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after] = line.split(' - ', 2);
    const [, , number, , mountPoint] = before.split(' ');
    const source = after?.split(' ')[1];
    if (number === undefined || mountPoint === undefined || source === undefined) return [];
    return [{ number, mountPoint: unescaped(mountPoint), source: unescaped(source) }];
  });
}

/** Blanks, line breaks and backslashes are written as `\040` and so on; longer characters byte by byte as they are. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCodePoint(Number.parseInt(octal, 8)),
  );
}
