import type { StageAccess } from '../evaluate/execution-access.js';
import { ContextSource } from '../values/context-source.js';
import { isPlainObject, type PlainObject, type Value } from '../values/value.js';

const DEPLOYING = new Set(['deploy', 'createServerGroup', 'cloneServerGroup', 'rollingPush']);

/**
 * One map for every finished stage that deployed server groups: account, capacity, parentStage, region, the first
 * server group of the region, what was baked for the region, and the deployments that the cloud driver reported.
 */
export function deployedServerGroups(stages: StageAccess[], namesOrIds: readonly string[]): Value[] {
  const wanted = new Set(namesOrIds);
  const found: Value[] = [];
  for (const stage of stages) {
    if (stage.status !== 'SUCCEEDED' || !DEPLOYING.has(stage.type ?? '')) continue;
    if (wanted.size > 0 && !wanted.has(stage.name ?? '') && !wanted.has(stage.id ?? '')) continue;
    const groups = stage.context['deploy.server.groups'];
    if (groups !== undefined && isPlainObject(groups)) found.push(detailsOf(stage, groups));
  }
  return found;
}

function detailsOf(stage: StageAccess, groups: PlainObject): PlainObject {
  const { context } = stage;
  const region = regionOf(context, groups);
  const [serverGroup] = listOf(region === undefined ? undefined : groups[region]);
  return {
    account: context['account'] ?? null,
    capacity: context['capacity'] ?? null,
    parentStage: stage.parentStageId ?? null,
    region: region ?? null,
    ...(serverGroup === undefined ? {} : { serverGroup }),
    ...bakedFor(stage, region),
    deployments: deploymentsOf(context),
  };
}

function regionOf(context: PlainObject, groups: PlainObject): string | undefined {
  const { region, availabilityZones } = context;
  if (typeof region === 'string') return region;
  const zones = availabilityZones !== undefined && isPlainObject(availabilityZones) ? availabilityZones : {};
  return Object.keys(zones)[0] ?? Object.keys(groups)[0];
}

function bakedFor(stage: StageAccess, region: string | undefined): PlainObject {
  const context = stage.bean.get('context');
  const details = context instanceof ContextSource ? context.get('deploymentDetails') : undefined;
  const baked = listOf(details).find((detail) => isPlainObject(detail) && detail['region'] === region);
  return baked !== undefined && isPlainObject(baked) ? baked : {};
}

/** The result objects of the cloud operations that the stage ran. */
export function resultObjects(context: PlainObject): PlainObject[] {
  return listOf(context['kato.tasks'])
    .filter(isPlainObject)
    .flatMap((task) => listOf(task['resultObjects']))
    .filter(isPlainObject);
}

function deploymentsOf(context: PlainObject): Value[] {
  return resultObjects(context).flatMap((result) => listOf(result['deployments']));
}

function listOf(value: Value | undefined): Value[] {
  return Array.isArray(value) ? value : [];
}
