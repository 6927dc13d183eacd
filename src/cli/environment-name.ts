/** Flags that only make sense where they are typed. */
const typedOnly: ReadonlySet<string> = new Set([
  'json',
  'help',
  'version',
  'yes',
  'not-removable',
  // Each file is replaced because somebody wants just that.
  'force',
  // Somebody would put the passphrase into its variable, and meet it in a message.
  'encrypt-passphrase',
  // Of a key, which is made once; the variable would be taken for one about bundles.
  'encrypt',
]);

/** Flags that say where the config file is: they cannot be set in one. */
const aboutTheFile: ReadonlySet<string> = new Set(['config', 'no-config']);

/** What decides whether a flag can be set elsewhere. */
interface NamedFlag {
  readonly name: string;
  /** A hidden flag is there to be refused, or on trial: nothing but the command line sets it. */
  readonly hidden?: boolean | undefined;
}

/** The environment variable of a flag: `PALETTE_EDGE_CA_CERT` for `--ca-cert`; undefined when it has none. */
export function environmentName({ name, hidden }: NamedFlag): string | undefined {
  if (hidden === true || typedOnly.has(name)) return undefined;
  return `PALETTE_EDGE_${name.replaceAll('-', '_').toUpperCase()}`;
}

/** Whether a config file may set a flag. */
export function isConfigurable(flag: NamedFlag): boolean {
  return environmentName(flag) !== undefined && !aboutTheFile.has(flag.name);
}
