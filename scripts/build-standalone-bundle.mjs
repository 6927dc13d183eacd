import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';

import { rolldown } from 'rolldown';

/**
 * All of the tool as one CommonJS script: the only kind that a single executable application of Node 24 runs.
 *
 * @param root the folder of the package
 * @param pjson its package.json
 * @param manifest what oclif has to know of its commands
 * @returns the script, and the files that are in it
 */
export async function bundleStandalone({ root, pjson, manifest }) {
  const entry = entrySource({ root, pjson, manifest });
  const replaced = new Set();
  const plugins = [
    virtualEntry(entry),
    oclifModuleLoader(join(root, 'bin', 'standalone-modules.js'), replaced),
    embeddedWorkers(root),
  ];
  const bundled = await bundle({ input: entryName, root, format: 'cjs', plugins });
  if (replaced.size === 0)
    throw new Error('oclif has no module-loader any more: see bin/standalone-modules.js');
  return bundled;
}

const entryName = 'palette-edge-entry';

function virtualEntry(source) {
  return {
    name: 'entry',
    resolveId: (id) => (id === entryName ? id : undefined),
    load: (id) => (id === entryName ? source : undefined),
  };
}

/** Loads no command before it is run. */
function entrySource({ root, pjson, manifest }) {
  const imports = Object.entries(manifest.commands).map(
    ([id, { relativePath }]) =>
      `${JSON.stringify(id)}: () => import(${JSON.stringify(join(root, ...relativePath))})`,
  );
  return [
    `import { startStandalone } from ${JSON.stringify(join(root, 'bin', 'standalone.js'))};`,
    `const pjson = ${JSON.stringify(embeddedPackage(pjson))};`,
    `const manifest = ${JSON.stringify(manifest)};`,
    `void startStandalone({ pjson, manifest, commands: { ${imports.join(', ')} } });`,
  ].join('\n');
}

/** What oclif reads of package.json; the modules have the names that bin/standalone-modules.js knows. */
function embeddedPackage({ name, version, type, oclif }) {
  const hooks = { command_not_found: './command-not-found' };
  return { name, version, type, oclif: { ...oclif, commands: undefined, helpClass: './help', hooks } };
}

function oclifModuleLoader(replacement, replaced) {
  return {
    name: 'oclif-module-loader',
    resolveId(id, importer) {
      if (!/(?:^|\/)module-loader$/.test(id) || !importer?.includes('@oclif')) return undefined;
      replaced.add(importer);
      return replacement;
    },
  };
}

/** A thread needs a script of its own; in one file it can only be a URL that holds the script. */
function embeddedWorkers(root) {
  return {
    name: 'workers',
    transform: {
      filter: { id: /\/src\/.*\.ts$/ },
      async handler(code, id) {
        let changed = code;
        for (const [expression, path] of code.matchAll(/new URL\('(\.[^']*)', import\.meta\.url\)/g)) {
          const worker = await bundle({ input: join(dirname(id), path), root, format: 'es', plugins: [] });
          const url = `data:text/javascript;base64,${Buffer.from(worker.code).toString('base64')}`;
          changed = changed.replace(expression, () => `new URL('${url}')`);
        }
        if (changed.includes('import.meta')) throw new Error(`${id}: import.meta means nothing in one file`);
        return { code: changed, moduleType: 'ts' };
      },
    },
  };
}

async function bundle({ input, root, format, plugins }) {
  // Names stay as they are: they are what a report of a bug shows.
  const build = await rolldown({ input, cwd: root, platform: 'node', plugins, onLog: failOnLog });
  try {
    const { output } = await build.generate({ format, codeSplitting: false, minify: false });
    const [chunk] = output;
    const named = [...chunk.imports, ...chunk.dynamicImports, ...output.map(({ fileName }) => fileName)];
    const others = named.filter((name) => name !== chunk.fileName && !isBuiltin(name));
    if (others.length > 0) throw new Error(`${input} does not become one file: ${others.join(', ')}`);
    return { code: chunk.code, files: Object.keys(chunk.modules) };
  } finally {
    await build.close();
  }
}

function failOnLog(level, log) {
  if (level === 'warn') throw new Error(`bundling: ${log.message}`);
}
