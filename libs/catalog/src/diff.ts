import { isObject, jsonEquals } from '@gennaker/kernel';

/** One place where two versions of a document differ. `before` or `after` is absent when the place did not exist. */
export interface FieldChange {
  /** Such as `stages[2].waitTime`; empty for the document as a whole. */
  path: string;
  before?: unknown;
  after?: unknown;
}

/** At most so many changes are listed; a last entry with this path says that there are more. */
const MAX_CHANGES = 200;
export const MORE_CHANGES = '…';

/** What changed between two JSON documents, by place. Lists are compared position by position. */
export function diffJson(before: unknown, after: unknown): FieldChange[] {
  const changes: FieldChange[] = [];
  compare('', before, after, changes);
  return changes;
}

function compare(path: string, before: unknown, after: unknown, changes: FieldChange[]): void {
  if (changes.length > MAX_CHANGES || jsonEquals(before, after)) return;
  if (changes.length === MAX_CHANGES) {
    changes.push({ path: MORE_CHANGES });
  } else if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(path === '' ? key : `${path}.${key}`, before[key], after[key], changes);
    }
  } else if (Array.isArray(before) && Array.isArray(after)) {
    for (let index = 0; index < Math.max(before.length, after.length); index += 1) {
      compare(`${path}[${index}]`, before[index], after[index], changes);
    }
  } else {
    changes.push({
      path,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    });
  }
}
