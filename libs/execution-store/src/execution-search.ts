import type { ExecutionStatus, ExecutionType } from '@gennaker/execution';

/** What is looked for among all executions. Everything that is given must fit; of a list, one. */
export interface ExecutionSearch {
  applications?: readonly string[];
  statuses?: readonly ExecutionStatus[];
  type?: ExecutionType;
  user?: string;
  triggerTypes?: readonly string[];
  /** Built at this time or later, and at this time or earlier; milliseconds since the Unix epoch. */
  since?: number;
  until?: number;
  /** Words of the execution's name, application, user, trigger type or id; the last may be the beginning of one. */
  text?: string;
}

/** A place in the order of all executions, newest first. */
export interface SearchPlace {
  buildTime: number;
  id: string;
}

export interface SearchPage {
  limit: number;
  /** Goes on after this execution. */
  after?: SearchPlace;
}

const MOST_WORDS = 10;
/** Combinations of values that are read one by one; beyond, lists are filtered. */
const MOST_BRANCHES = 24;

/**
 * One statement for a search. Each combination of single values is a branch of its own, read in the order of an index
 * that begins with one of them and holds all columns that are filtered by, until there are enough: so the planner can
 * choose the index by how common the values are, and no branch is ever sorted.
 *
 * @param columns the columns to give
 */
export function searchStatement(
  search: ExecutionSearch,
  { limit, after }: SearchPage,
  columns: string,
): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const parameter = (value: unknown): string => {
    values.push(value);
    return `$${values.length}`;
  };
  const common = [...timesOf(search, after, parameter), ...filtersOf(search, parameter)];
  const size = parameter(limit);
  const order = `order by build_time desc, id desc limit ${size}`;
  const branches = branchesOf(search, parameter).map((own) => {
    const where = [...own, ...common].join(' and ');
    return `(select id, build_time from orca.execution ${where === '' ? '' : `where ${where}`} ${order})`;
  });
  // Only what an index holds is read of what does not fit; the rows themselves are read of what does.
  const found = `select id, build_time as found_at from (${branches.join(' union all ')}) branch ${order}`;
  return {
    text: `select ${columns} from (${found}) found join orca.execution using (id) order by found_at desc, id desc`,
    values,
  };
}

/**
 * Looks through the next `slice` executions, whatever they are, for those that fit: what a search costs is bounded by
 * it, also where common values never meet. Each row says where the slice ends and how many it has; the other columns are
 * null where none fits.
 */
export function sliceStatement(
  search: ExecutionSearch,
  { limit, after, slice }: SearchPage & { slice: number },
  columns: string,
): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const parameter = (value: unknown): string => {
    values.push(value);
    return `$${values.length}`;
  };
  const where = [...walked(search, parameter), ...timesOf(search, after, parameter)].join(' and ');
  const fits = [...branchesOf(search, parameter, 1).flat(), ...filtersOf(search, parameter)].join(' and ');
  const order = 'order by build_time desc, id desc';
  return {
    text: `with slice as materialized (
             select * from orca.execution ${where === '' ? '' : `where ${where}`} ${order} limit ${parameter(slice)})
           select seen, last_time, last_id, hit.*
           from (select count(*) over () as seen, build_time as last_time, id as last_id
                 from slice order by build_time, id limit 1) last
           left join lateral (select ${columns} from slice ${fits === '' ? '' : `where ${fits}`} ${order}
                              limit ${parameter(limit)}) hit on true
           ${order}`,
    values,
  };
}

type Parameter = (value: unknown) => string;

/** The one value that an index is walked by; only a single one keeps the order of time. */
function walked(search: ExecutionSearch, parameter: Parameter): string[] {
  for (const [column, given] of [
    ['application', search.applications],
    ['username', search.user === undefined ? [] : [search.user]],
    ['trigger_type', search.triggerTypes],
    ['status', search.statuses],
  ] as const) {
    const [value, other] = new Set(given);
    if (value !== undefined && other === undefined) return [`${column} = ${parameter(value)}`];
  }
  return [];
}

function timesOf(
  { since, until }: ExecutionSearch,
  after: SearchPlace | undefined,
  parameter: Parameter,
): string[] {
  return [
    ...(since === undefined ? [] : [`build_time >= ${parameter(since)}`]),
    ...(until === undefined ? [] : [`build_time <= ${parameter(until)}`]),
    ...(after === undefined
      ? []
      : [`(build_time, id) < (${parameter(after.buildTime)}, ${parameter(after.id)})`]),
  ];
}

function filtersOf({ type, user, text }: ExecutionSearch, parameter: Parameter): string[] {
  const words = wordsOf(text);
  return [
    ...(type === undefined ? [] : [`type = ${parameter(type)}`]),
    ...(user === undefined ? [] : [`username = ${parameter(user)}`]),
    ...(words === undefined ? [] : [`search @@ to_tsquery('simple', ${parameter(words)})`]),
  ];
}

/** Conditions of each branch: one value of every list, unless that makes too many. */
function branchesOf(search: ExecutionSearch, parameter: Parameter, most = MOST_BRANCHES): string[][] {
  let branches: string[][] = [[]];
  for (const [column, given] of [
    ['application', search.applications],
    ['status', search.statuses],
    ['trigger_type', search.triggerTypes],
  ] as const) {
    if (given === undefined || given.length === 0) continue;
    const list = [...new Set(given)];
    const conditions =
      branches.length * list.length > most
        ? [`${column} = any(${parameter(list)})`]
        : list.map((value) => `${column} = ${parameter(value)}`);
    branches = branches.flatMap((own) => conditions.map((condition) => [...own, condition]));
  }
  return branches;
}

/**
 * A query for the words of a text, as they are cut in the index; undefined when it has none. Only the last, which
 * somebody may still be typing, also stands for longer ones: a beginning costs as much as all words that begin so.
 */
function wordsOf(text: string | undefined): string | undefined {
  const words =
    text
      ?.toLowerCase()
      .match(/[\p{L}\p{N}]+/gu)
      ?.slice(0, MOST_WORDS) ?? [];
  if (words.length === 0) return undefined;
  return words.map((word, index) => (index === words.length - 1 ? `'${word}':*` : `'${word}'`)).join(' & ');
}
