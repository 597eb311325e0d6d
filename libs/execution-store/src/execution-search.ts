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

export interface SearchPage {
  limit: number;
  /** Goes on after this execution, newest first. */
  after?: { buildTime: number; id: string };
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
  const common: string[] = [];
  if (search.type !== undefined) common.push(`type = ${parameter(search.type)}`);
  if (search.user !== undefined) common.push(`username = ${parameter(search.user)}`);
  if (search.since !== undefined) common.push(`build_time >= ${parameter(search.since)}`);
  if (search.until !== undefined) common.push(`build_time <= ${parameter(search.until)}`);
  const words = wordsOf(search.text);
  if (words !== undefined) common.push(`search @@ to_tsquery('simple', ${parameter(words)})`);
  if (after !== undefined) {
    common.push(`(build_time, id) < (${parameter(after.buildTime)}, ${parameter(after.id)})`);
  }
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

/** Conditions of each branch: one value of every list, unless that makes too many. */
function branchesOf(search: ExecutionSearch, parameter: (value: unknown) => string): string[][] {
  let branches: string[][] = [[]];
  for (const [column, given] of [
    ['application', search.applications],
    ['status', search.statuses],
    ['trigger_type', search.triggerTypes],
  ] as const) {
    if (given === undefined || given.length === 0) continue;
    const list = [...new Set(given)];
    const conditions =
      branches.length * list.length > MOST_BRANCHES
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
