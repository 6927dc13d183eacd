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
  for (const line of text.split(/\r?\n/)) {
    const name = sectionName(line);
    if (name !== undefined) {
      section = sections.get(name) ?? new Map<string, string>();
      sections.set(name, section);
      block = '';
      continue;
    }
    const setting = readSetting(line);
    if (setting === undefined) continue;
    if (!setting.isIndented) block = setting.value === '' ? setting.key : '';
    const key = keyIn(block, setting);
    if (key !== '') section.set(key, setting.value);
  }
  return sections;
}

/** Empty for what is no setting: what begins a block, and what is indented below a setting with a value of its own. */
function keyIn(block: string, { key, value, isIndented }: Setting): string {
  if (value === '' || (isIndented && block === '')) return '';
  return isIndented ? `${block}.${key}` : key;
}

function sectionName(line: string): string | undefined {
  return /^\[\s*([^\]]*?)\s*\]/.exec(line)?.[1]?.replaceAll(/\s+/g, ' ');
}

interface Setting {
  readonly key: string;
  /** Empty of what begins a block. */
  readonly value: string;
  readonly isIndented: boolean;
}

function readSetting(line: string): Setting | undefined {
  const equals = line.indexOf('=');
  if (equals < 0 || /^\s*[#;]/.test(line)) return undefined;
  // A comment begins behind a space: secret keys have no spaces, and may have a #.
  const value = line
    .slice(equals + 1)
    .replace(/\s[#;].*$/, '')
    .trim();
  return { key: line.slice(0, equals).trim().toLowerCase(), value, isIndented: /^\s/.test(line) };
}
