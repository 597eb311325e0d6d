import { type JsonObject } from '@gennaker/kernel';
import {
  listAt,
  type Manifest,
  metadataOf,
  numberAt,
  objectAt,
  specOf,
  statusOf,
  textAt,
} from '../manifest.js';
import { type Stability } from './stability-verdict.js';

const stable = (): Stability => ({ state: 'stable', message: null });
const waiting = (message: string): Stability => ({ state: 'waiting', message });
const failed = (message: string): Stability => ({ state: 'failed', message });

function conditionOf(status: JsonObject | undefined, type: string): JsonObject | undefined {
  return listAt(status, 'conditions').find((condition) => condition['type'] === type);
}

function told(condition: JsonObject, otherwise: string): string {
  return textAt(condition, 'message') || textAt(condition, 'reason') || otherwise;
}

/** Whether a controller says that it has seen an older state of the object than the present one. */
function isBehind(manifest: Manifest): boolean {
  const generation = numberAt(metadataOf(manifest), 'generation');
  const observed = statusOf(manifest)?.['observedGeneration'];
  // Argo writes the number as text.
  return observed != null && generation !== undefined && Number(observed) < generation;
}

const BEHIND = 'Waiting for the controller to see the latest change';

/**
 * Any object that tells its state by conditions, as kstatus reads it: Stalled fails, Reconciling waits, Ready decides.
 * One that tells nothing is as good as it gets. Source: kubernetes-sigs/cli-utils, pkg/kstatus.
 */
export function conditionStability(manifest: Manifest): Stability {
  const status = statusOf(manifest);
  if (metadataOf(manifest)['deletionTimestamp'] !== undefined) return waiting('Being deleted');
  if (isBehind(manifest)) return waiting(BEHIND);
  const stalled = conditionOf(status, 'Stalled');
  if (stalled?.['status'] === 'True') return failed(told(stalled, 'Stalled'));
  const reconciling = conditionOf(status, 'Reconciling');
  if (reconciling?.['status'] === 'True') return waiting(told(reconciling, 'Reconciling'));
  const ready = conditionOf(status, 'Ready');
  if (ready && ready['status'] !== 'True') return waiting(told(ready, 'Not ready yet'));
  return stable();
}

/** Knative's conditions are final when they are False, and under way when they are Unknown. */
export function knativeStability(manifest: Manifest): Stability {
  const status = statusOf(manifest);
  if (!status) return waiting('No status reported yet');
  if (isBehind(manifest)) return waiting(BEHIND);
  const ready = conditionOf(status, 'Ready');
  if (!ready) return waiting('No readiness reported yet');
  if (ready['status'] === 'False') return failed(told(ready, 'Not ready'));
  return ready['status'] === 'True' ? stable() : waiting(told(ready, 'Becoming ready'));
}

/** An Argo Rollout says in one word how it is. */
export function rolloutStability(manifest: Manifest): Stability {
  const status = statusOf(manifest);
  if (!status) return waiting('No status reported yet');
  if (isBehind(manifest)) return waiting(BEHIND);
  const message = textAt(status, 'message');
  switch (status['phase']) {
    case 'Healthy':
      return stable();
    case 'Degraded':
      return failed(message || 'The rollout is degraded');
    case 'Paused':
      // A canary that pauses for a while goes on by itself; one without a duration waits for a person.
      return isTimedPause(manifest)
        ? waiting(message || 'Paused between two steps')
        : { state: 'paused', message: message || 'The rollout is paused' };
    default:
      return waiting(message || 'The rollout is progressing');
  }
}

function isTimedPause(manifest: Manifest): boolean {
  if (specOf(manifest)['paused'] === true) return false;
  const steps = listAt(objectAt(objectAt(specOf(manifest), 'strategy'), 'canary'), 'steps');
  const step = steps[numberAt(statusOf(manifest), 'currentStepIndex') ?? -1];
  return objectAt(step, 'pause')?.['duration'] !== undefined;
}

/** A Gateway must be accepted and programmed. */
export function gatewayStability(manifest: Manifest): Stability {
  return allOf(manifest, listAt(statusOf(manifest), 'conditions'), ['Accepted', 'Programmed']);
}

/** A route must be accepted, with its references resolved, by every gateway that it names. */
export function routeStability(manifest: Manifest): Stability {
  const wanted = listAt(specOf(manifest), 'parentRefs').length;
  const parents = listAt(statusOf(manifest), 'parents');
  if (parents.length < wanted) return waiting(`${parents.length} of ${wanted} gateways have answered`);
  for (const parent of parents) {
    const result = allOf(manifest, listAt(parent, 'conditions'), ['Accepted', 'ResolvedRefs']);
    if (result.state !== 'stable') return result;
  }
  return stable();
}

function allOf(manifest: Manifest, conditions: readonly JsonObject[], types: readonly string[]): Stability {
  const generation = numberAt(metadataOf(manifest), 'generation') ?? 0;
  for (const type of types) {
    const condition = conditions.find((one) => one['type'] === type);
    if (!condition) return waiting(`Not ${type} yet`);
    if ((numberAt(condition, 'observedGeneration') ?? generation) < generation) return waiting(BEHIND);
    if (condition['status'] === 'False' && condition['reason'] !== 'Pending') {
      return failed(told(condition, `Not ${type}`));
    }
    if (condition['status'] !== 'True') return waiting(told(condition, `Not ${type} yet`));
  }
  return stable();
}

/** Istio writes a status only where it is told to; an error in its validation is one. */
export function istioStability(manifest: Manifest): Stability {
  const status = statusOf(manifest);
  if (isBehind(manifest)) return waiting(BEHIND);
  const errors = listAt(status, 'validationMessages').filter(
    ({ level }) => String(level).toUpperCase() === 'ERROR',
  );
  const [first] = errors;
  if (first)
    return failed(
      textAt(first, 'documentationUrl') ||
        textAt(objectAt(first, 'type') ?? {}, 'name') ||
        'Refused by Istio',
    );
  const reconciled = conditionOf(status, 'Reconciled');
  return reconciled && reconciled['status'] !== 'True'
    ? waiting(told(reconciled, 'Not reconciled yet'))
    : stable();
}

/** A definition whose kind is served, an API service that answers. */
export function servedStability(manifest: Manifest, type: 'Established' | 'Available'): Stability {
  const status = statusOf(manifest);
  const refused = conditionOf(status, 'NamesAccepted');
  if (refused?.['status'] === 'False') return failed(told(refused, 'The names are taken'));
  const condition = conditionOf(status, type);
  return condition?.['status'] === 'True'
    ? stable()
    : waiting(condition ? told(condition, `Not ${type} yet`) : `Not ${type} yet`);
}
