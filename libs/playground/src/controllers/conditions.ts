import { timestamp, type Condition } from '../model/objects.js';

/** Sets a condition; its transition time moves only when its status does. Returns the same list when nothing changed. */
export function setCondition(conditions: readonly Condition[], wanted: Condition, now: number): Condition[] {
  const time = timestamp(now);
  const old = conditions.find((condition) => condition.type === wanted.type);
  if (
    old &&
    old.status === wanted.status &&
    old.reason === wanted.reason &&
    (old.message ?? '') === (wanted.message ?? '')
  ) {
    return [...conditions];
  }
  const next: Condition = {
    ...wanted,
    lastTransitionTime: old && old.status === wanted.status ? (old.lastTransitionTime ?? time) : time,
  };
  return old ? conditions.map((condition) => (condition === old ? next : condition)) : [...conditions, next];
}

export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function withoutCondition(conditions: readonly Condition[], type: string): Condition[] {
  return conditions.filter((condition) => condition.type !== type);
}
