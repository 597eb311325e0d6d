import { RE2JS, type Matcher } from 're2js';
import { ExpressionError } from '../expression-error.js';
import type { ExpressionLimits } from '../limits.js';
import { visit } from '../values/work-meter.js';
import { translateJavaRegex } from './regex-syntax.js';

const CACHE_SIZE = 500;
/** Pattern instructions times characters that take as long as comparing two elements. */
const WORK_PER_VISIT = 8;
const cache = new Map<string, RE2JS>();

function compileRegex(pattern: string, limits: ExpressionLimits): RE2JS {
  const cached = cache.get(pattern);
  if (cached) return cached;
  if (pattern.length > limits.maxRegexLength) {
    throw new ExpressionError(
      'expression.regex_too_large',
      `the regular expression has ${pattern.length} characters; at most ${limits.maxRegexLength} are allowed`,
    );
  }
  const translated = translateJavaRegex(pattern);
  try {
    const compiled = RE2JS.compile(translated, RE2JS.LOOKBEHINDS);
    if (cache.size >= CACHE_SIZE) cache.delete(cache.keys().next().value ?? '');
    cache.set(pattern, compiled);
    return compiled;
  } catch (error) {
    const reason =
      error instanceof Error ? error.message.replace('error parsing regexp: ', '') : String(error);
    throw new ExpressionError(
      'expression.bad_argument',
      `the regular expression ${pattern} is not valid: ${reason}`,
    );
  }
}

/** A matcher over `text`. Matching takes time in proportion to pattern size times text length, which is limited. */
export function regexMatcher(text: string, pattern: string, limits: ExpressionLimits): Matcher {
  const regex = compileRegex(pattern, limits);
  if (regex.programSize() * text.length > limits.maxRegexWork) {
    throw new ExpressionError(
      'expression.regex_too_large',
      `running the regular expression ${pattern.slice(0, 60)} on ${text.length} characters would take too long`,
    );
  }
  visit(Math.ceil((regex.programSize() * text.length) / WORK_PER_VISIT));
  return regex.matcher(text);
}

/** Java's `text.matches(regex)`: the whole text must match. */
export function javaMatches(text: string, pattern: string, limits: ExpressionLimits): boolean {
  return regexMatcher(text, pattern, limits).matches();
}

/** Java's `replaceAll` and `replaceFirst`: `$1` and `${name}` stand for groups, a backslash takes the next character as it is. */
export function javaReplace(
  text: string,
  pattern: string,
  replacement: string,
  options: { limits: ExpressionLimits; firstOnly: boolean },
): string {
  const matcher = regexMatcher(text, pattern, options.limits);
  const parts: string[] = [];
  let position = 0;
  let size = 0;
  while (matcher.find()) {
    visit(4);
    const piece = text.slice(position, matcher.start()) + expandReplacement(matcher, replacement);
    parts.push(piece);
    position = matcher.end();
    size += piece.length;
    if (size > options.limits.maxResultSize) {
      throw new ExpressionError('expression.result_too_large', 'the replaced text grows too large');
    }
    if (options.firstOnly) break;
  }
  parts.push(text.slice(position));
  return parts.join('');
}

const REPLACEMENT_PART = /\\(.)|\$(?:(\d)(\d*)|\{([A-Za-z][A-Za-z0-9]*)\})|[$\\]|[^$\\]+/gsu;

function expandReplacement(matcher: Matcher, replacement: string): string {
  if (!replacement.includes('$') && !replacement.includes('\\')) return replacement;
  return replacement.replace(
    REPLACEMENT_PART,
    (whole, escaped?: string, digit?: string, more?: string, name?: string) => {
      if (escaped !== undefined) return escaped;
      if (name !== undefined) return groupText(matcher, name);
      if (digit !== undefined) return numberedGroup(matcher, digit, more ?? '');
      if (whole === '$' || whole === '\\') {
        throw new ExpressionError(
          'expression.bad_argument',
          `${whole} in the replacement ${replacement} refers to no group; write \\${whole} for the character itself`,
        );
      }
      return whole;
    },
  );
}

/** As many digits as there are groups count as the group's number; the rest is text. */
function numberedGroup(matcher: Matcher, digit: string, more: string): string {
  let number = Number(digit);
  let used = 0;
  for (const next of more) {
    const larger = number * 10 + Number(next);
    if (larger > matcher.groupCount()) break;
    number = larger;
    used += 1;
  }
  if (number > matcher.groupCount()) {
    throw new ExpressionError('expression.bad_argument', `the regular expression has no group ${number}`);
  }
  return (matcher.group(number) ?? '') + more.slice(used);
}

function groupText(matcher: Matcher, name: string): string {
  try {
    return matcher.group(name) ?? '';
  } catch {
    throw new ExpressionError('expression.bad_argument', `the regular expression has no group named ${name}`);
  }
}

/**
 * Java's `split`: without a limit, empty parts at the end are dropped; a match of nothing at the very beginning does
 * not give an empty first part.
 */
export function javaSplit(text: string, pattern: string, limit: number, limits: ExpressionLimits): string[] {
  if (text === '') return [''];
  const parts: string[] = [];
  const matcher = regexMatcher(text, pattern, limits);
  let position = 0;
  const most = limit <= 0 ? Number.POSITIVE_INFINITY : limit - 1;
  while (matcher.find()) {
    visit(4);
    if (parts.length >= most) break;
    if (matcher.end() === 0) continue;
    if (matcher.start() === text.length && matcher.end() === matcher.start()) break;
    parts.push(text.slice(position, matcher.start()));
    position = matcher.end();
  }
  if (position === 0 && parts.length === 0) return [text];
  parts.push(text.slice(position));
  if (limit === 0) while (parts.length > 0 && parts.at(-1) === '') parts.pop();
  return parts;
}
