import { isObject, type JsonObject } from '@gennaker/kernel';
import { type Artifact } from './artifact.js';
import { parseDockerImage } from './docker-image.js';

/** `match-name-only` is the older rule: a field that already carries a tag is left alone. */
export type DockerImageBinding = 'match-name-and-tag' | 'match-name-only';

/** One place in a document: the object that holds a field, and the field's key. */
export interface Place {
  holder: JsonObject;
  key: string;
}

/** Where artifacts of one type are referred to in a manifest, and how a reference there relates to an artifact's name. */
export interface Replacer {
  name: string;
  type: string;
  places(manifest: JsonObject): Place[];
  /** The part of a field's value that an artifact's name is compared with. */
  namePart(value: string, binding: DockerImageBinding): string;
}

type Path = readonly string[];

/**
 * A path of keys; `*` goes into each element of a list, `a|b` into either key. The last key names the field.
 */
function placesAt(root: unknown, path: Path): Place[] {
  let nodes: unknown[] = [root];
  for (const step of path.slice(0, -1)) nodes = nodes.flatMap((node) => childrenOf(node, step));
  const key = path.at(-1) ?? '';
  return nodes
    .filter(isObject)
    .filter((node) => typeof node[key] === 'string')
    .map((holder) => ({ holder, key }));
}

function childrenOf(node: unknown, step: string): unknown[] {
  if (step === '*') return Array.isArray(node) ? node : [];
  if (!isObject(node)) return [];
  return step.split('|').map((key) => node[key]);
}

/** Every pod template's spec, however deep: a CronJob's sits inside its job template, a custom resource's anywhere. */
export function podSpecsOf(manifest: JsonObject): JsonObject[] {
  const found: JsonObject[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      for (const item of node) visit(item);
    } else if (isObject(node)) {
      const spec = node['spec'];
      const template = isObject(spec) ? spec['template'] : undefined;
      const podSpec = isObject(template) ? template['spec'] : undefined;
      if (isObject(podSpec)) found.push(podSpec);
      for (const value of Object.values(node)) visit(value);
    }
  };
  visit(manifest);
  return found;
}

const wholeValue = (value: string): string => value;

function inPodTemplates(name: string, type: string, path: Path): Replacer {
  return {
    name,
    type,
    places: (manifest) => podSpecsOf(manifest).flatMap((podSpec) => placesAt(podSpec, path)),
    namePart: wholeValue,
  };
}

function atPath(name: string, type: string, path: Path): Replacer {
  return { name, type, places: (manifest) => placesAt(manifest, path), namePart: wholeValue };
}

function scaleTarget(name: string, type: string, kind: string): Replacer {
  return {
    name,
    type,
    places: (manifest) =>
      placesAt(manifest, ['spec', 'scaleTargetRef', 'name']).filter(
        ({ holder }) => String(holder['kind']).toLowerCase() === kind.toLowerCase(),
      ),
    namePart: wholeValue,
  };
}

const CONTAINERS = 'containers|initContainers';
const CONFIG_MAP = 'kubernetes/configMap';
const SECRET = 'kubernetes/secret';

const imageName = (value: string, binding: DockerImageBinding): string =>
  binding === 'match-name-only' ? value : parseDockerImage(value).name;

/** All replacers by name, in the order in which they are applied. */
export const REPLACERS = {
  dockerImage: {
    ...inPodTemplates('dockerImage', 'docker/image', [CONTAINERS, '*', 'image']),
    namePart: imageName,
  },
  podDockerImage: atPath('podDockerImage', 'docker/image', ['spec', 'containers', '*', 'image']),
  configMapVolume: inPodTemplates('configMapVolume', CONFIG_MAP, ['volumes', '*', 'configMap', 'name']),
  secretVolume: inPodTemplates('secretVolume', SECRET, ['volumes', '*', 'secret', 'secretName']),
  configMapProjectedVolume: inPodTemplates('configMapProjectedVolume', CONFIG_MAP, [
    'volumes',
    '*',
    'projected',
    'sources',
    '*',
    'configMap',
    'name',
  ]),
  secretProjectedVolume: inPodTemplates('secretProjectedVolume', SECRET, [
    'volumes',
    '*',
    'projected',
    'sources',
    '*',
    'secret',
    'name',
  ]),
  configMapEnv: inPodTemplates('configMapEnv', CONFIG_MAP, [
    CONTAINERS,
    '*',
    'envFrom',
    '*',
    'configMapRef',
    'name',
  ]),
  secretEnv: inPodTemplates('secretEnv', SECRET, [CONTAINERS, '*', 'envFrom', '*', 'secretRef', 'name']),
  configMapKeyValue: inPodTemplates('configMapKeyValue', CONFIG_MAP, [
    CONTAINERS,
    '*',
    'env',
    '*',
    'valueFrom',
    'configMapKeyRef',
    'name',
  ]),
  secretKeyValue: inPodTemplates('secretKeyValue', SECRET, [
    CONTAINERS,
    '*',
    'env',
    '*',
    'valueFrom',
    'secretKeyRef',
    'name',
  ]),
  hpaDeployment: scaleTarget('hpaDeployment', 'kubernetes/deployment', 'Deployment'),
  hpaReplicaSet: scaleTarget('hpaReplicaSet', 'kubernetes/replicaSet', 'ReplicaSet'),
} as const satisfies Record<string, Replacer>;

export type ReplacerName = keyof typeof REPLACERS;

/** What objects that hang pods on a template refer to. */
export const WORKLOAD_REPLACERS: readonly ReplacerName[] = [
  'dockerImage',
  'configMapVolume',
  'secretVolume',
  'configMapProjectedVolume',
  'secretProjectedVolume',
  'configMapEnv',
  'secretEnv',
  'configMapKeyValue',
  'secretKeyValue',
];

/**
 * A rule of an account for a custom resource: artifacts of `type` are referred to at `path`, keys separated by dots,
 * `[*]` after a list (`spec.workers[*].image`).
 */
export function customReplacer(rule: { type: string; path: string }): Replacer {
  const path = rule.path
    .replace(/^\$\.?/, '')
    .split('.')
    .flatMap((step) => (step.endsWith('[*]') ? [step.slice(0, -3), '*'] : [step]));
  const base = atPath(`${rule.type} at ${rule.path}`, rule.type, path);
  return rule.type === 'docker/image' ? { ...base, namePart: imageName } : base;
}

/** Whether an artifact may be used in a manifest at all: objects in a cluster only within their account and namespace. */
export function usableIn(artifact: Artifact, namespace: string, account: string): boolean {
  if (!artifact.type) return false;
  if (!artifact.type.startsWith('kubernetes/')) return true;
  if ((artifact.location ?? '') !== namespace) return false;
  const owner = artifact.metadata?.['account'];
  return owner == null || owner === '' || owner === account;
}
