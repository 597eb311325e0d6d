import { InvalidInputError, type JsonObject, NotFoundError } from '@gennaker/kernel';
import {
  type Ability,
  diffManifests,
  fullResourceName,
  kindProperties,
  type Manifest,
  namespaceOf,
  parseFullResourceName,
  printKind,
} from '@gennaker/manifest';
import { type StepAttempt, type StepResult } from '../../operations/operation-context.js';
import { type ObjectRef } from '../client/kubernetes-client.types.js';
import { namesByNamespace, shown } from './shown-manifests.js';
import {
  baseDescription,
  type KubernetesRun,
  location,
  manifestName,
  type NamedTarget,
} from './kubernetes-operation.js';

/** The description of an operation on one object. */
export const targetDescription = baseDescription.extend({ manifestName, location });

export interface Target {
  manifestName: string;
  location: string;
}

export function targetOf({ manifestName: name, location: namespace }: Target): NamedTarget {
  return { ...parseFullResourceName(name), namespace };
}

export function targetRef({ manifestName: name, location: namespace }: Target): ObjectRef {
  const parsed = parseFullResourceName(name);
  return { kind: printKind(parsed.kind), name: parsed.name, namespace };
}

/** Throws when the kind cannot do what is asked; `what` as in "does not support scale". */
export function requireAbility(target: Target, ability: Ability, what: string): void {
  const { kind } = parseFullResourceName(target.manifestName);
  if (kindProperties(kind).abilities.has(ability)) return;
  throw unsupported(target, what);
}

export function unsupported(
  { manifestName: name, location: namespace }: Target,
  what: string,
): InvalidInputError {
  return new InvalidInputError('kubernetes.unsupported', [
    {
      path: 'manifestName',
      message: `Resource with ${name} in namespace '${namespace}' does not support ${what}`,
    },
  ]);
}

/** The object as it is; a NotFoundError in Spinnaker's words where it is not. */
export async function readTarget(
  target: Target,
  { client, account, context }: KubernetesRun,
): Promise<Manifest> {
  const found = await client.find(targetRef(target), { signal: context.signal });
  if (found) return found;
  throw new NotFoundError(
    'kubernetes.manifest_not_found',
    `Manifest (account: ${account.name}, location: ${target.location}, name: ${target.manifestName}) not found`,
  );
}

/** One change of one object as a step, with the difference that it made. */
export async function changeObject(
  run: KubernetesRun,
  step: { id: string; target: Target; prepare?: () => Promise<JsonObject> },
  change: (
    attempt: StepAttempt,
  ) => Promise<{ outcome: StepResult['outcome']; before?: Manifest; after: Manifest }>,
): Promise<Manifest> {
  const { account, context } = run;
  const { target } = step;
  let after: Manifest | undefined;
  await context.step(
    step.id,
    {
      object: { account: account.name, namespace: target.location, name: target.manifestName },
      ...(step.prepare && { prepare: step.prepare }),
    },
    async (attempt) => {
      const changed = await change(attempt);
      ({ after } = changed);
      const { outcome, before } = changed;
      if (outcome === 'unchanged' || !before) return { outcome };
      const { changes, omitted } = diffManifests(before, changed.after);
      return { outcome, diff: { changes, omitted } };
    },
  );
  return after ?? readTarget(target, run);
}

/** What an operation on one object returns. */
export function objectResult(manifest: Manifest, more: JsonObject = {}): JsonObject {
  const result = shown(manifest);
  return {
    manifestNamesByNamespace: namesByNamespace([result]),
    manifests: [result],
    createdArtifacts: [],
    boundArtifacts: [],
    ...more,
  };
}

/** Addresses a live object again. */
export function targetOfObject(object: Manifest): Target {
  return { manifestName: fullResourceName(object), location: namespaceOf(object) };
}
