import { GennakerError, isObject, type JsonObject, messageOf } from '@gennaker/kernel';
import { actingAs } from '@gennaker/execution';
import type { CatalogChange } from '../ports.js';
import { RetryableError } from '../stage-exception.js';
import type { TaskInput, TaskResult } from '../stage-definition.js';

/** Runs a change of the catalogue. What the catalogue refuses fails the task; an outage lets it try again. */
export async function changeCatalog(input: TaskInput, change: CatalogChange): Promise<TaskResult> {
  const { execution, ports } = input;
  try {
    const outputs = await ports.catalog.apply(change, {
      user: actingAs(execution, input.stage.id).user,
      origin: execution.origin,
      reason: execution.description ?? execution.name,
      executionId: execution.id,
    });
    return { status: 'SUCCEEDED', context: outputs };
  } catch (error) {
    if (error instanceof GennakerError && error.status < 500) throw error;
    throw new RetryableError(`The catalogue cannot be changed now: ${messageOf(error)}`, { cause: error });
  }
}

/** A document that comes as it is, or as the base64 of its JSON, so that its expressions are left alone. */
export function documentOf(value: unknown): JsonObject | undefined {
  if (isObject(value)) return value;
  if (typeof value !== 'string') return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(value, 'base64').toString('utf8'));
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
