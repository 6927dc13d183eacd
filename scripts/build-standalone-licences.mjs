import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The licences of all that is in the executable, as they ask for.
 *
 * @param root the folder of the package
 * @param files the paths of the bundled files
 * @param nodeLicence the path of Node's own
 */
export function licenceTexts({ root, files, nodeLicence }) {
  const folders = new Set(files.flatMap((file) => packageFolder(file) ?? []));
  const packages = [...folders].map(packageLicence).toSorted((a, b) => (a.title < b.title ? -1 : 1));
  const own = { title: 'palette-edge', text: readFileSync(join(root, 'LICENSE'), 'utf8') };
  const node = { title: 'Node.js', text: readFileSync(nodeLicence, 'utf8') };
  return [own, ...packages, node]
    .map(({ title, text }) => `${'='.repeat(80)}\n${title}\n${'='.repeat(80)}\n\n${text.trim()}\n`)
    .join('\n');
}

/** `…/node_modules/@scope/name` of a file in it. */
function packageFolder(file) {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

function packageLicence(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(?:[.-]|$)/i.test(entry));
  const text = file === undefined ? `Licence: ${license}` : readFileSync(join(folder, file), 'utf8');
  return { title: `${name} ${version}`, text };
}
