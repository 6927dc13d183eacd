/** The sections of a file of profiles: settings by name; those of a block such as `s3 =` as `s3.name`. */
export type AwsSections = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * Reads the files that `aws configure` writes (docs.aws.amazon.com/cli, configuration and credential file settings). What is no
 * setting is passed over, as the other readers of these files do: they belong to other programs as well.
 */
export function parseAwsProfileFile(text: string): AwsSections {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  let block = '';
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(?:[#;]|$)/.test(line)) continue;
    const name = /^\[\s*([^\]]*?)\s*\]/.exec(line)?.[1]?.replaceAll(/\s+/g, ' ');
    if (name !== undefined) {
      section = sections.get(name) ?? new Map<string, string>();
      sections.set(name, section);
      block = '';
      continue;
    }
    const setting = readSetting(line);
    if (setting === undefined) continue;
    const { key, value, isIndented } = setting;
    if (!isIndented) block = value === '' ? key : '';
    if (isIndented && block === '') continue;
    if (value !== '') section?.set(isIndented ? `${block}.${key}` : key, value);
  }
  return sections;
}

function readSetting(
  line: string,
): { readonly key: string; readonly value: string; readonly isIndented: boolean } | undefined {
  const equals = line.indexOf('=');
  if (equals < 0) return undefined;
  // A comment begins behind a space: secret keys have no spaces, and may have a #.
  const value = line
    .slice(equals + 1)
    .replace(/\s[#;].*$/, '')
    .trim();
  return { key: line.slice(0, equals).trim().toLowerCase(), value, isIndented: /^\s/.test(line) };
}
