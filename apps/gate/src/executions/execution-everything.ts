import type { listExecutions, RouteInput } from '@gennaker/contracts';
import type { ExecutionStatus } from '@gennaker/execution';
import type { ExecutionSearch, ExecutionSummary } from '@gennaker/execution-store';
import { InvalidInputError, type JsonObject } from '@gennaker/kernel';

type Query = RouteInput<typeof listExecutions>['query'];

/** No execution is older, and no clock shows a later time. */
const LAST_TIME = 8_640_000_000_000_000;

/**
 * What a query looks for among all executions.
 *
 * @throws InvalidInputError naming the parameter
 */
export function everythingOf(query: Query, statuses: ExecutionStatus[]): ExecutionSearch {
  const { application, user, trigger, text } = query;
  const since = timeOf('since', query.since);
  const until = timeOf('until', query.until);
  const type = typeOf(query.type);
  return {
    // Old executions may have been started under the name as somebody wrote it.
    ...(application.length > 0 && {
      applications: application.flatMap((name) => [name, name.toLowerCase()]),
    }),
    ...(statuses.length > 0 && { statuses }),
    ...(trigger.length > 0 && { triggerTypes: trigger }),
    ...(type !== undefined && { type }),
    ...(user !== undefined && { user }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(text !== undefined && { text: wordsOf(text) }),
  };
}

/** The parameters that the next page is asked for with. */
export function keptOf(query: Query): Record<string, string | number | boolean | undefined> {
  const { application, status, statuses, type, user, trigger, since, until, text, limit, expand } = query;
  return {
    application: application.join(','),
    status: [...status, ...statuses].join(','),
    trigger: trigger.join(','),
    type,
    user,
    since,
    until,
    text,
    limit,
    expand,
  };
}

export function summaryView({ triggerType, version: _version, ...summary }: ExecutionSummary): JsonObject {
  return { ...summary, trigger: { type: triggerType } };
}

function typeOf(text: string | undefined): ExecutionSearch['type'] {
  const type = text?.toUpperCase();
  if (type === undefined || type === 'PIPELINE' || type === 'ORCHESTRATION') return type;
  throw bad('type', 'must be PIPELINE or ORCHESTRATION');
}

function timeOf(path: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = /^\d{1,16}$/.test(text) ? Number(text) : isoTime(text);
  if (Number.isNaN(time) || Math.abs(time) > LAST_TIME) {
    throw bad(path, 'must be a time in milliseconds such as 1764000000000, or an ISO 8601 time');
  }
  return time;
}

function isoTime(text: string): number {
  return /^\d{4}-\d{2}-\d{2}(T.*)?$/.test(text) ? Date.parse(text) : Number.NaN;
}

function wordsOf(text: string): string {
  if (/[\p{L}\p{N}]/u.test(text)) return text;
  throw bad('text', 'must hold a letter or a digit');
}

function bad(path: string, message: string): InvalidInputError {
  return new InvalidInputError('gate.bad_search', [{ path, message }]);
}
