import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** A document of the project, cut into what its readers see as text and as code. */
export interface Markdown {
  /** From the root of the project. */
  readonly path: string;
  /** The text without fenced code. */
  readonly prose: string;
  readonly fences: readonly Fence[];
  /** What stands between backticks. */
  readonly inlineCode: readonly string[];
}

/** A fenced block of code. */
export interface Fence {
  /** What stands behind the backticks: `console`, `console no-run needs a drive`. */
  readonly info: string;
  readonly lines: readonly string[];
}

/** Every document of the project but those of programs that it uses. */
export function allMarkdown(): readonly Markdown[] {
  const paths = globSync(['*.md', '{bench,docs,fixtures,scripts,test}/**/*.md'], { cwd: root });
  return paths.toSorted().map((path) => readMarkdown(path));
}

const fencePattern = /^ *(`{3,})([^\n]*)\n(.*?)^ *\1 *$/gms;

/** @param path from the root of the project */
export function readMarkdown(path: string): Markdown {
  const text = readFileSync(join(root, path), 'utf8');
  const prose = text.replaceAll(fencePattern, '');
  return {
    path,
    prose,
    fences: Array.from(text.matchAll(fencePattern), ([, , info = '', content = '']) => ({
      info: info.trim(),
      lines: content.split('\n').slice(0, -1),
    })),
    inlineCode: Array.from(prose.matchAll(/(?<!`)`([^`\n]+)`(?!`)/g), ([, code = '']) => code),
  };
}

/** The commands of a console block: lines after `$ `, with what a backslash at the end joins to them, without comments. */
export function consoleCommands({ lines }: Fence): readonly string[] {
  const commands: string[] = [];
  let isOpen = false;
  for (const line of lines) {
    const text = line.replace(/\s+#\s.*$/, '').trimEnd();
    const isStart = text.startsWith('$ ');
    if (isStart) commands.push(text.slice(2));
    else if (isOpen) commands.push(`${commands.pop()?.slice(0, -1).trimEnd() ?? ''} ${text.trim()}`);
    isOpen = (isStart || isOpen) && text.endsWith('\\');
  }
  return commands;
}

/** Where links of GitHub can lead within a document: its headings, and ids that it sets itself. */
export function anchorsOf({ prose }: Markdown): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const anchors = new Set(Array.from(prose.matchAll(/<a (?:id|name)="([^"]+)"/g), ([, id = '']) => id));
  for (const [, heading = ''] of prose.matchAll(/^#{1,6} +(.*?)(?: +#+)?$/gm)) {
    const slug = slugOf(heading);
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return anchors;
}

function slugOf(heading: string): string {
  const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').trim();
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
}

/** The text below a heading, up to the next one of its level or above; undefined when there is no such heading. */
export function sectionOf({ prose }: Markdown, anchor: string): string | undefined {
  const sections = prose.split(/^(?=#{1,6} )/m);
  const first = sections.findIndex((section) => slugOf(/^#+ +(.*)/.exec(section)?.[1] ?? '') === anchor);
  if (first === -1) return undefined;
  const level = levelOf(sections[first] ?? '');
  const next = sections.findIndex((section, index) => index > first && levelOf(section) <= level);
  return sections.slice(first, next === -1 ? undefined : next).join('');
}

function levelOf(section: string): number {
  return /^#*/.exec(section)?.[0].length ?? 0;
}
