import { isObject, type JsonObject } from '@gennaker/kernel';
import {
  annotationsOf,
  labelsOf,
  type Manifest,
  metadataOf,
  nameOf,
  namespaceOf,
  objectAt,
  replicasOf,
  specOf,
  templateOf,
} from '../manifest.js';

/** Which of the two sides of an analysis an object is. */
export const CANARY_ROLE_LABEL = 'canary.spinnaker.io/role';

export type CanaryRole = 'baseline' | 'canary';

export interface CanaryPair {
  /** The version that runs, started afresh, so that both sides are of the same age. */
  baseline: Manifest;
  canary: Manifest;
}

/** Written by the cluster and its controllers, not by whoever made the object. */
const FOREIGN_ANNOTATIONS =
  /^(kubectl\.kubernetes\.io|deployment\.kubernetes\.io|artifact\.spinnaker\.io|moniker\.spinnaker\.io)\//;

/**
 * Two objects of one size for an analysis: the baseline from what runs, the canary from what is to come. They keep the
 * labels that Services select by, so both get their share of the traffic; a label of their own keeps their pods apart.
 */
export function canaryPair(running: Manifest, next: Manifest, options: { replicas: number }): CanaryPair {
  return {
    baseline: side(running, 'baseline', nameOf(running), namespaceOf(running), options.replicas),
    canary: side(next, 'canary', nameOf(running), namespaceOf(running), options.replicas),
  };
}

/** A share of the running size, at least one: both sides get as many. */
export function canarySize(
  running: Manifest,
  wanted: { replicas?: number | null; percentage?: number | null },
): number {
  if (wanted.replicas != null) return Math.max(1, Math.floor(wanted.replicas));
  const percentage = wanted.percentage ?? 0;
  return Math.max(1, Math.ceil(((replicasOf(running) ?? 1) * percentage) / 100));
}

/** `web-canary` and `web-baseline`. */
export function canaryName(name: string, role: CanaryRole): string {
  return `${name}-${role}`;
}

function side(
  source: Manifest,
  role: CanaryRole,
  name: string,
  namespace: string,
  replicas: number,
): Manifest {
  const spec = structuredClone(specOf(source));
  const mark = { [CANARY_ROLE_LABEL]: role };
  const selector = objectAt(spec, 'selector') ?? {};
  const template = templateOf({ spec }) ?? {};
  const templateMetadata = metadataOf(template);
  const labels = isObject(templateMetadata['labels']) ? templateMetadata['labels'] : {};
  return {
    apiVersion: source['apiVersion'],
    kind: source['kind'],
    metadata: {
      name: canaryName(name, role),
      ...(namespace === '' ? {} : { namespace }),
      labels: { ...labelsOf(source), ...mark },
      annotations: ownAnnotations(annotationsOf(source)),
    },
    spec: {
      ...spec,
      replicas,
      selector: { ...selector, matchLabels: { ...objectAt(selector, 'matchLabels'), ...mark } },
      template: {
        ...template,
        metadata: {
          ...templateMetadata,
          labels: { ...withoutHash(labels), ...mark },
          annotations: ownAnnotations(
            isObject(templateMetadata['annotations']) ? templateMetadata['annotations'] : {},
          ),
        },
      },
    },
  };
}

function ownAnnotations(annotations: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => !FOREIGN_ANNOTATIONS.test(key)));
}

function withoutHash(labels: JsonObject): JsonObject {
  const { 'pod-template-hash': _hash, ...rest } = labels;
  return rest;
}
