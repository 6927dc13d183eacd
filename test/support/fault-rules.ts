import type { Fault, FaultRegistry, FaultRule } from './fault-registry.ts';
import type { Schedule } from './fault-schedule.ts';
import type { Trial } from './fault-trial.ts';

/** A rule for GET of the largest layer, at the registry and at the storage. */
export function onLargest({ content }: FaultRegistry, when: Schedule, fault: Fault): FaultRule {
  return { method: 'GET', path: new RegExp(content.largest.digest), when, fault };
}

/** A rule for GET of all blobs, at the registry only. */
export function onBlobs(when: Schedule, fault: Fault): FaultRule {
  return { method: 'GET', path: /\/blobs\//, when, fault };
}

/** A rule for GET of manifests. */
export function onManifests(when: Schedule, fault: Fault): FaultRule {
  return { method: 'GET', path: /\/manifests\//, when, fault };
}

/** A rule for the links that a registry redirects to. */
export function onStorage(when: Schedule, fault: Fault): FaultRule {
  return { path: /^\/storage\//, when, fault };
}

/** A rule for everything but what the token server is asked. */
export function onEverything(when: Schedule, fault: Fault): FaultRule {
  return { path: /^\/v2\//, when, fault };
}

/** The ranges that the largest layer was asked for, without their ends. */
export function rangesOf({ registry }: Pick<Trial, 'registry'>): (string | undefined)[] {
  return registry.records
    .filter(({ method, url }) => method === 'GET' && url.includes(registry.content.largest.digest))
    .map(({ range }) => range?.replace(/-\d+$/, '-'));
}

/** Bytes that were sent more than without faults. */
export function overheadOf({ registry, bytesWithoutFaults }: Trial): number {
  return registry.bytesSent - bytesWithoutFaults;
}
