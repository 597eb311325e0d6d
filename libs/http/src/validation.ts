import type { RouteContract } from '@gennaker/contracts';
import { type FieldProblem, InvalidInputError, inOurWords } from '@gennaker/kernel';
import type { z } from 'zod';

export interface RawInput {
  params: unknown;
  query: unknown;
  body: unknown;
}

const MAX_PROBLEMS = 50;

/**
 * The validated parts of a request. All parts are checked before anything is refused, so that one answer lists every
 * problem.
 *
 * @throws InvalidInputError
 */
export function validateInput(route: RouteContract, raw: RawInput): RawInput {
  const problems: FieldProblem[] = [];
  const input = {
    params: check(route.params, raw.params, problems),
    query: check(route.query, raw.query, problems),
    body: checkBody(route, raw.body, problems),
  };
  if (problems.length > 0) throw new InvalidInputError('http.invalid_input', problems.slice(0, MAX_PROBLEMS));
  return input;
}

function checkBody(route: RouteContract, body: unknown, problems: FieldProblem[]): unknown {
  if (route.body === undefined) return undefined;
  if (body === undefined || body === null) {
    if (route.bodyOptional === true) return undefined;
    problems.push({ path: '', message: 'Required request body is missing' });
    return undefined;
  }
  return check(route.body, body, problems);
}

function check(schema: z.ZodType | undefined, value: unknown, problems: FieldProblem[]): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  problems.push(...problemsOf(result.error.issues));
  return undefined;
}

/** Zod's issues as field problems; of a union that fits nowhere, the alternative that came closest speaks. */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  prefix: readonly PropertyKey[] = [],
): FieldProblem[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      const closest = issue.errors.reduce((best, other) => (reach(other) > reach(best) ? other : best));
      return problemsOf(closest, path);
    }
    return [{ path: pathText(path), message: inOurWords(issue.message) }];
  });
}

function reach(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}

/** `['stages', 2, 'type']` as `stages[2].type`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? String(part) : `.${String(part)}`;
  }
  return text;
}
