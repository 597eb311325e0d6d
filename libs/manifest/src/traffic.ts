import { InvalidInputError, isObject, type JsonObject } from '@gennaker/kernel';
import { ANNOTATIONS } from './annotations.js';
import { annotate } from './annotate.js';
import { isKind } from './kind.js';
import {
  annotationsOf,
  fullResourceName,
  type Manifest,
  metadataOf,
  specOf,
  templateOf,
} from './manifest.js';

/** The load balancers that an object says it belongs to, as `service name`. */
export function loadBalancersOf(manifest: Manifest): string[] {
  const text = annotationsOf(manifest)[ANNOTATIONS.loadBalancers];
  if (text === undefined) return [];
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.map(String) : [];
  } catch {
    return [];
  }
}

/** Notes the load balancers on the object; a different list that is already there is an error. Changes `manifest`. */
export function setLoadBalancers(manifest: Manifest, loadBalancers: readonly string[]): void {
  const text = annotationsOf(manifest)[ANNOTATIONS.loadBalancers];
  const existing = loadBalancersOf(manifest);
  if (text !== undefined && JSON.stringify(existing) !== JSON.stringify(loadBalancers)) {
    throw new InvalidInputError('kubernetes.load_balancers_differ', [
      {
        path: `${fullResourceName(manifest)}.metadata.annotations["${ANNOTATIONS.loadBalancers}"]`,
        message: `the manifest names the load balancers ${JSON.stringify(existing)}, the stage ${JSON.stringify(loadBalancers)}: name them in one place`,
      },
    ]);
  }
  annotate(manifest, ANNOTATIONS.loadBalancers, JSON.stringify(loadBalancers));
}

/** A Service's selector; an error for anything that cannot send traffic by labels. */
export function selectorOfLoadBalancer(loadBalancer: Manifest): Record<string, string> {
  const name = fullResourceName(loadBalancer);
  if (!isKind(loadBalancer, 'service')) {
    throw new InvalidInputError(
      'kubernetes.not_a_load_balancer',
      `No support for load balancing via ${name} exists in Spinnaker`,
    );
  }
  const { selector } = specOf(loadBalancer);
  const entries = isObject(selector) ? Object.entries(selector) : [];
  if (entries.length === 0) {
    throw new InvalidInputError(
      'kubernetes.no_selector',
      `Service must have a non-empty selector in order to be attached to a workload: ${name} has none`,
    );
  }
  return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
}

/** The labels that a Service sees: the pod template's, or the object's own where it has no template. */
export function trafficLabels(manifest: Manifest): JsonObject {
  const holder = trafficMetadata(manifest);
  return isObject(holder['labels']) ? holder['labels'] : {};
}

function trafficMetadata(manifest: Manifest): JsonObject {
  const template = templateOf(manifest);
  if (!template) return metadataOf(manifest);
  return isObject(template['metadata']) ? template['metadata'] : {};
}

/** Puts a new object behind a Service, before it is sent. Changes `manifest`. */
export function attach(loadBalancer: Manifest, manifest: Manifest): void {
  const selector = selectorOfLoadBalancer(loadBalancer);
  const labels = trafficLabels(manifest);
  const shared = Object.keys(selector).filter((key) => key in labels);
  if (shared.length > 0) {
    throw new InvalidInputError(
      'kubernetes.labels_in_common',
      `Service selector and workload must have no label keys in common: ${fullResourceName(loadBalancer)} and ${fullResourceName(manifest)} share ${shared.join(', ')}`,
    );
  }
  const template = templateOf(manifest);
  if (template) {
    const metadata = isObject(template['metadata']) ? template['metadata'] : {};
    template['metadata'] = { ...metadata, labels: { ...labels, ...selector } };
  } else {
    manifest['metadata'] = { ...metadataOf(manifest), labels: { ...labels, ...selector } };
  }
}

export interface JsonPatchOperation {
  op: 'add' | 'replace' | 'remove' | 'test' | 'move' | 'copy';
  path: string;
  value?: unknown;
  from?: string;
}

/** A key as one step of a JSON pointer (RFC 6901). */
export function pointerStep(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** What puts a live object behind a Service; empty when it already is. */
export function attachPatch(selector: Record<string, string>, live: Manifest): JsonPatchOperation[] {
  const root = templateOf(live) ? '/spec/template/metadata' : '/metadata';
  const labels = trafficLabels(live);
  const patch: JsonPatchOperation[] = [];
  if (Object.keys(labels).length === 0) {
    if (!isObject(trafficMetadata(live)['labels']))
      patch.push({ op: 'add', path: `${root}/labels`, value: {} });
  }
  for (const [key, value] of Object.entries(selector)) {
    if (labels[key] === value) continue;
    patch.push({ op: key in labels ? 'replace' : 'add', path: `${root}/labels/${pointerStep(key)}`, value });
  }
  return patch.some(({ path }) => path !== `${root}/labels`) ? patch : [];
}

/** What takes a live object out of a Service; empty when it already is. */
export function detachPatch(selector: Record<string, string>, live: Manifest): JsonPatchOperation[] {
  const root = templateOf(live) ? '/spec/template/metadata' : '/metadata';
  const labels = trafficLabels(live);
  return Object.keys(selector)
    .filter((key) => key in labels)
    .map((key) => ({ op: 'remove', path: `${root}/labels/${pointerStep(key)}` }));
}

/** Whether a Service's selector fits the object. */
export function receivesTraffic(selector: Record<string, string>, manifest: Manifest): boolean {
  const labels = trafficLabels(manifest);
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}
