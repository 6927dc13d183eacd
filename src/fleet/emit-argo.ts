import { PaletteEdgeError } from '../errors.ts';
import { canonicalJson } from '../io/canonical-json.ts';
import type { Json } from '../io/canonical-json.ts';
import { builder, buildsClaim, clusterLabels, clusterName, podSettings } from './builder-pod.ts';
import type { BuilderParts } from './builder-pod.ts';
import type { Emission } from './emission.ts';
import { clusterParts, keepSeconds, keyedName } from './emit-kubernetes.ts';
import type { ClusterFiles } from './emit-kubernetes.ts';
import { emittedHead, emittedYaml } from './emitted-yaml.ts';
import type { PlannedBundle } from './plan-fleet.ts';

/**
 * A Workflow of Argo, with the files in ConfigMaps and a volume claim: a DAG with a task for each content, which goes over the bundles of that.
 *
 * @throws PaletteEdgeError `FLEET_EMIT_PATH`, `FLEET_EMIT_TEXT`, `FLEET_FILE_TOO_LARGE`, `FLEET_WORKFLOW_TOO_LARGE` (kind usage)
 */
export function emitArgo(emission: Emission, files: ClusterFiles): string {
  const { objects, parts } = clusterParts('argo', emission, files);
  const spec = workflowSpec(parts);
  const workflow = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: { name: keyedName(clusterName, spec), labels: clusterLabels },
    spec,
  };
  requireFits(workflow);
  return emittedYaml(emittedHead('argo', emission), [...objects, buildsClaim(emission), workflow]);
}

function workflowSpec(parts: BuilderParts): { readonly [field: string]: Json } {
  const { bundles, choices } = parts.emission;
  const contents = Map.groupBy(bundles, ({ content }) => content.name);
  const groups = [...contents].flatMap(([content, all]) =>
    [...Map.groupBy(all, ({ name }) => parts.ownFiles.get(name)).values()].map((built, index) => ({
      name: taskName(content, index),
      built,
    })),
  );
  const templates = groups.map(({ name, built }) => templateOf(name, built, parts));
  const tasks = groups.map(({ name, built }) => ({
    name,
    template: name,
    arguments: { parameters: [{ name: 'bundle', value: '{{item}}' }] },
    withItems: built.map((bundle) => bundle.name),
  }));
  return {
    entrypoint: 'fleet',
    ...(choices.parallel !== undefined && { parallelism: choices.parallel }),
    ...podSettings(parts.emission),
    podMetadata: { labels: clusterLabels },
    ttlStrategy: { secondsAfterCompletion: keepSeconds },
    templates: [
      // A bundle that fails does not stop the others.
      { name: 'fleet', dag: { failFast: false, tasks } },
      ...templates,
    ],
  };
}

function templateOf(name: string, bundles: readonly PlannedBundle[], parts: BuilderParts): Json {
  const { container, volumes } = builder(parts, bundles, '{{inputs.parameters.bundle}}');
  const { name: _, ...unnamed } = container;
  return {
    name,
    inputs: { parameters: [{ name: 'bundle' }] },
    retryStrategy: { limit: '2', retryPolicy: 'OnFailure' },
    container: unnamed,
    volumes,
  };
}

/** No content can be called like the template of all, nor like another one's second group. */
function taskName(content: string, index: number): string {
  return `build${index === 0 ? '' : index + 1}-${content}`;
}

/** What etcd takes is a little more; Argo adds what became of each job. */
const largestWorkflow = 1024 * 1024;

function requireFits(workflow: Json): void {
  const size = Buffer.byteLength(canonicalJson(workflow));
  if (size <= largestWorkflow) return;
  throw new PaletteEdgeError(
    'FLEET_WORKFLOW_TOO_LARGE',
    `the Workflow: expected at most ${largestWorkflow} bytes, what a cluster takes, received ${size}`,
    {
      kind: 'usage',
      suggestions: [
        'Jobs of Kubernetes are objects of their own, of any number: --emit kubernetes',
        'Divide the fleet: contents that share nothing can be in fleet files of their own.',
      ],
    },
  );
}
