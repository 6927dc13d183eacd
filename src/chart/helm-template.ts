import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { PaletteEdgeError, systemErrorCode, wordDiskError } from '../errors.ts';

/** A chart to render. */
export interface HelmTemplateInput {
  /** `profile edge, pack web, chart web`: for messages. */
  readonly title: string;
  /** The chart's `.tgz`. */
  readonly archive: Uint8Array;
  /** YAML; wins over the chart's own values. */
  readonly values: string;
  /** Becomes the name of the release where it can be one. */
  readonly name: string;
  /** Of the cluster, as `1.30.2`: charts ask for it. Anything else is not passed on. */
  readonly kubernetesVersion?: string;
}

/** How Helm is run. */
export interface HelmRun {
  /** Path of the program. */
  readonly helm: string;
  readonly signal: AbortSignal;
  /** Milliseconds; a minute when undefined. */
  readonly timeout?: number;
  /** Bytes of output; 16 MiB when undefined. */
  readonly maximumOutput?: number;
}

const run = promisify(execFile);

/**
 * Renders a chart with `helm template`, without a shell, a cluster or anybody's Helm settings. Nothing is asked of any
 * network: the chart is a local file, a sub-chart that is missing is a failure, and DNS is off unless asked for
 * (helm.sh/docs/helm/helm_template).
 *
 * @returns YAML, CRDs included, tests not
 * @throws PaletteEdgeError `CHART_NOT_RENDERED` (kind failure) that says where in the chart it failed, and never quotes a value
 */
export async function helmTemplate(input: HelmTemplateInput, options: HelmRun): Promise<string> {
  const { signal, timeout = 60_000, maximumOutput = 16 * 1024 * 1024 } = options;
  signal.throwIfAborted();
  const folder = await mkdtemp(join(tmpdir(), 'palette-edge-helm-'));
  try {
    await writeInput(folder, input);
    const { stdout } = await run(options.helm, argumentsFor(input, folder), {
      cwd: folder,
      env: isolated(folder),
      encoding: 'utf8',
      timeout,
      maxBuffer: maximumOutput,
      killSignal: 'SIGKILL',
      shell: false,
      signal,
      windowsHide: true,
    });
    return stdout;
  } catch (error) {
    signal.throwIfAborted();
    throw notRendered(input.title, error, { timeout, maximumOutput });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeInput(folder: string, { archive, values }: HelmTemplateInput): Promise<void> {
  try {
    await mkdir(join(folder, 'home'));
    await writeFile(join(folder, 'chart.tgz'), archive, { mode: 0o600 });
    await writeFile(join(folder, 'values.yaml'), values, { mode: 0o600 });
  } catch (error) {
    throw wordDiskError(error, `writing a chart to ${folder}`);
  }
}

function argumentsFor({ name, kubernetesVersion }: HelmTemplateInput, folder: string): string[] {
  const release = /^[a-z0-9](?:[a-z0-9-]{0,51}[a-z0-9])?$/.test(name) ? name : 'release';
  const version = /^v?\d+\.\d+(?:\.\d+)?/.exec(kubernetesVersion ?? '')?.[0];
  return [
    'template',
    release,
    join(folder, 'chart.tgz'),
    `--values=${join(folder, 'values.yaml')}`,
    '--skip-tests',
    '--include-crds',
    ...(version === undefined ? [] : ['--kube-version', version]),
  ];
}

/** Nothing of the user's: no cluster, no repositories, no plugins, no credentials. */
function isolated(folder: string): Record<string, string> {
  const home = join(folder, 'home');
  return {
    HOME: home,
    KUBECONFIG: join(home, 'none'),
    HELM_CACHE_HOME: join(home, 'cache'),
    HELM_CONFIG_HOME: join(home, 'config'),
    HELM_DATA_HOME: join(home, 'data'),
    HELM_PLUGINS: join(home, 'plugins'),
    // Whoever asks the network all the same asks nobody.
    HTTPS_PROXY: 'http://127.0.0.1:9',
    HTTP_PROXY: 'http://127.0.0.1:9',
  };
}

function notRendered(
  title: string,
  error: unknown,
  { timeout, maximumOutput }: { readonly timeout: number; readonly maximumOutput: number },
): unknown {
  if (error instanceof PaletteEdgeError || !(error instanceof Error)) return error;
  const isLate = 'killed' in error && error.killed === true;
  const reason =
    systemErrorCode(error) === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER'
      ? `helm printed more than ${maximumOutput} bytes`
      : isLate
        ? `helm took longer than ${timeout / 1000} s`
        : failureOf(error);
  return new PaletteEdgeError('CHART_NOT_RENDERED', `${title}: helm template failed: ${reason}`, {
    kind: 'failure',
    suggestions: ['Run helm template with the values of the pack, and see what it says.'],
  });
}

/** The place in the chart only: what Helm says besides may quote values, and so passwords. */
function failureOf(error: Error): string {
  const code = systemErrorCode(error);
  if (code !== undefined && !/^\d+$/.test(code)) return `it cannot be run (${code})`;
  const said = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.slice(0, 20_000) : '';
  const place = /\(?([\w.-]+\/(?:[\w.-]+\/)*[\w.-]+\.(?:ya?ml|tpl|txt|json)(?::\d+(?::\d+)?)?)/.exec(
    said,
  )?.[1];
  if (/values don't meet the specifications of the schema/.test(said))
    return 'the values do not fit the schema of the chart';
  if (/dependencies|found in Chart\.yaml, but missing in charts/.test(said)) return 'sub-charts are missing';
  if (/kubeVersion/.test(said)) return 'the chart is for another version of Kubernetes';
  return place === undefined ? 'it says why when run by hand' : `at ${place}`;
}
