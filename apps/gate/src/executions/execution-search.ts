import type { RouteInput, searchExecutions } from '@gennaker/contracts';
import { InvalidInputError, type JsonObject, isObject, jsonEquals } from '@gennaker/kernel';
import { RE2JS } from 're2js';

/**
 * What an execution's trigger must hold to be found: the event id, and a part of the trigger given as base64 of JSON.
 * In that part an object matches one that has at least its keys, a list one that holds its elements in any order, and
 * a text is a regular expression for the whole value. Undefined when nothing is asked of the trigger.
 *
 * @throws InvalidInputError
 */
export function searchFilterOf(query: {
  eventId?: string;
  trigger?: string;
}): ((trigger: object) => boolean) | undefined {
  const part = query.trigger === undefined ? undefined : decodeTrigger(query.trigger);
  if (part === undefined && query.eventId === undefined) return undefined;
  const matches = part === undefined ? () => true : matcherOf(part, 0);
  return (trigger) => {
    if (query.eventId !== undefined && (trigger as JsonObject).eventId !== query.eventId) return false;
    return matches(trigger);
  };
}

/** What the next page of a search is asked with again. */
export function searchKept(
  query: RouteInput<typeof searchExecutions>['query'],
): Record<string, string | number | boolean | undefined> {
  const { triggerTypes, statuses, startIndex: _start, cursor: _cursor, ...kept } = query;
  return { ...kept, triggerTypes: triggerTypes.join(','), statuses: statuses.join(',') };
}

const MAX_DEPTH = 50;

function decodeTrigger(base64: string): JsonObject {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
    if (isObject(value)) return value;
  } catch {
    // Falls through: it is no base64 of JSON.
  }
  throw badTrigger('must be the base64 of a JSON object');
}

function badTrigger(message: string): InvalidInputError {
  return new InvalidInputError('gate.bad_trigger_search', [{ path: 'trigger', message }]);
}

type Matcher = (value: unknown) => boolean;

function matcherOf(wanted: unknown, depth: number): Matcher {
  if (depth > MAX_DEPTH) throw badTrigger('is nested too deeply');
  if (typeof wanted === 'string') return textMatcher(wanted);
  if (Array.isArray(wanted)) {
    const elements = wanted.map((element) => matcherOf(element, depth + 1));
    return (value) => Array.isArray(value) && elements.every((element) => value.some(element));
  }
  if (isObject(wanted)) {
    const fields = Object.entries(wanted).map(([key, inner]) => [key, matcherOf(inner, depth + 1)] as const);
    return (value) =>
      isObject(value) && fields.every(([key, matches]) => Object.hasOwn(value, key) && matches(value[key]));
  }
  return (value) => jsonEquals(value, wanted);
}

function textMatcher(wanted: string): Matcher {
  let pattern: RE2JS | undefined;
  try {
    pattern = RE2JS.compile(wanted);
  } catch {
    // No regular expression: then only the text itself matches.
  }
  return (value) => {
    if (typeof value === 'object') return false;
    const text = String(value);
    return text === wanted || (pattern?.matches(text) ?? false);
  };
}
