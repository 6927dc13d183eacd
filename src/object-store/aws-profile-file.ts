/** The sections of a file of profiles: settings by name; those of a block such as `s3 =` as `s3.name`. */
export type AwsSections = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * Reads the files that `aws configure` writes (docs.aws.amazon.com/cli, configuration and credential file settings). What is no
 * setting is passed over, as the other readers of these files do: they belong to other programs as well.
 */
export function parseAwsProfileFile(text: string): AwsSections {
  const sections = new Map<string, Map<string, string>>();
  let section = new Map<string, string>();
  let block = '';
  // Of the section's first setting: files that scripts write are often indented as a whole.
  let margin: number | undefined;
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const name = sectionName(line);
    if (name !== undefined) {
      section = sections.get(name) ?? new Map<string, string>();
      sections.set(name, section);
      block = '';
      margin = undefined;
      continue;
    }
    const setting = readSetting(line);
    if (setting === undefined) continue;
    margin ??= setting.indent;
    const isIndented = setting.indent > margin;
    if (!isIndented) block = setting.value === '' ? setting.key : '';
    const key = keyIn(block, { ...setting, isIndented });
    if (key !== '') section.set(key, setting.value);
  }
  return sections;
}

/** Empty for what is no setting: what begins a block, and what is indented below a setting with a value of its own. */
function keyIn(
  block: string,
  { key, value, isIndented }: Setting & { readonly isIndented: boolean },
): string {
  if (value === '' || (isIndented && block === '')) return '';
  return isIndented ? `${block}.${key}` : key;
}

function sectionName(line: string): string | undefined {
  const name = /^\s*\[\s*([^\]]*?)\s*\]/.exec(line)?.[1]?.replaceAll(/\s+/g, ' ');
  // Names with spaces may stand in quotes.
  return name?.replace(/^(\w+) (["'])(.*)\2$/, '$1 $3');
}

interface Setting {
  readonly key: string;
  /** Empty of what begins a block. */
  readonly value: string;
  /** In characters. */
  readonly indent: number;
}

function readSetting(line: string): Setting | undefined {
  const equals = line.indexOf('=');
  if (equals < 0 || /^\s*[#;]/.test(line)) return undefined;
  // A comment begins behind a space: secret keys have no spaces, and may have a #.
  const value = line
    .slice(equals + 1)
    .replace(/\s[#;].*$/, '')
    .trim();
  return { key: line.slice(0, equals).trim().toLowerCase(), value, indent: line.search(/\S/) };
}
