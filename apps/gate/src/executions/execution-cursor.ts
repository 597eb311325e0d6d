import type { ExecutionCursor } from '@gennaker/execution-store';
import { badCursor, decodeCursor, encodeCursor } from '../paging.js';

/** Where a list of executions, newest first, goes on after one of them. */
export function cursorAfter({ buildTime, id }: ExecutionCursor): string {
  return encodeCursor(['execution', String(buildTime), id]);
}

/** @throws InvalidInputError for the cursor of another list */
export function executionCursor(cursor: string): ExecutionCursor {
  const [kind, buildTime, id] = decodeCursor(cursor, 3);
  const time = Number(buildTime);
  if (kind !== 'execution' || id === undefined || !Number.isSafeInteger(time)) throw badCursor();
  return { buildTime: time, id };
}
