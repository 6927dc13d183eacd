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
 * @throws PaletteEdgeError `FLEET_EMIT_PATH`, `FLEET_EMIT_TEXT`, `FLEET_FILE_TOO_LARGE` (kind usage)
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
  return emittedYaml(emittedHead('argo', emission), [...objects, buildsClaim(emission), workflow]);
}

function workflowSpec(parts: BuilderParts): { readonly [field: string]: Json } {
  const { bundles, choices } = parts.emission;
  const contents = Map.groupBy(bundles, ({ content }) => content.name);
  const templates = [...contents].map(([content, built]) => templateOf(content, built, parts));
  const tasks = [...contents].map(([content, built]) => ({
    name: taskName(content),
    template: taskName(content),
    arguments: { parameters: [{ name: 'bundle', value: '{{item}}' }] },
    withItems: built.map(({ name }) => name),
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

function templateOf(content: string, bundles: readonly PlannedBundle[], parts: BuilderParts): Json {
  const { container, volumes } = builder(parts, bundles, '{{inputs.parameters.bundle}}');
  const { name: _, ...unnamed } = container;
  return {
    name: taskName(content),
    inputs: { parameters: [{ name: 'bundle' }] },
    retryStrategy: { limit: '2', retryPolicy: 'OnFailure' },
    container: unnamed,
    volumes,
  };
}

/** No content can be called like the template of all. */
function taskName(content: string): string {
  return `build-${content}`;
}
