import { parseAllDocuments } from 'yaml';
import { ExpressionError } from '../expression-error.js';
import type { Value } from '../values/value.js';

function failed(message: string): ExpressionError {
  return new ExpressionError('expression.function_failed', message);
}

function reason(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}

/** A list when the text begins with `[`, otherwise a map. */
export function parseJson(text: string): Value {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw failed(`the text is not JSON: ${reason(error)}`);
  }
  if (typeof value === 'object' && value !== null) return value as Value;
  throw failed('the JSON text must be a list or a map');
}

const MAX_ALIASES = 100;

const BOOLEAN_TAG = 'tag:yaml.org,2002:bool';

/** Java's parser takes `yes` and `on` for booleans, but not `y` and `n`. */
function withoutLetters<T>(tag: T): T {
  const { tag: name, test } = tag as { tag?: string; test?: RegExp };
  if (name !== BOOLEAN_TAG || test === undefined) return tag;
  return { ...tag, test: new RegExp(test.source.replace(/\(\?:(?:Y\|y|N\|n)\|/, '(?:')) };
}

/** All documents of a YAML text, read by YAML 1.1 (`yes` is true) with standard tags only. */
export function parseYaml(text: string): Value[] {
  const documents = parseAllDocuments(text, {
    version: '1.1',
    logLevel: 'error',
    merge: true,
    prettyErrors: true,
    customTags: (tags) => tags.map(withoutLetters),
  });
  if (!Array.isArray(documents)) return [];
  return documents.map((document) => {
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem) throw failed(`the text is not YAML: ${reason(problem)}`);
    try {
      return jsonOnly(document.toJS({ maxAliasCount: MAX_ALIASES }), 0);
    } catch (error) {
      throw error instanceof ExpressionError ? error : failed(`the text is not YAML: ${reason(error)}`);
    }
  });
}

const MAX_DEPTH = 200;

/** Timestamps become their ISO text, sets and maps plain objects, so that the result is JSON. */
function jsonOnly(value: unknown, depth: number): Value {
  if (depth > MAX_DEPTH) throw failed('the text is nested too deeply');
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Set) return [...value].map((item) => jsonOnly(item, depth + 1));
  if (value instanceof Map) return jsonOnly(Object.fromEntries(value), depth);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map((item) => jsonOnly(item, depth + 1));
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return (value ?? null) as Value;
  for (const [key, item] of Object.entries(value)) {
    const plain = jsonOnly(item, depth + 1);
    if (plain !== item) (value as Record<string, unknown>)[key] = plain;
  }
  return value as Value;
}

/** Java's `.properties` format: comments, continued lines, `=`, `:` or a space between key and value, and its escapes. */
export function parseProperties(text: string): Value {
  const map: Record<string, string> = {};
  let pending = '';
  for (const rawLine of text.split(/\r\n|\r|\n/)) {
    const line = rawLine.replace(/^[ \t\f]+/, '');
    if (pending === '' && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue;
    if (endsInOddBackslashes(line)) {
      pending += line.slice(0, -1);
      continue;
    }
    addProperty(map, pending + line);
    pending = '';
  }
  if (pending !== '') addProperty(map, pending);
  return map;
}

/** An odd number of backslashes at the end escapes the line's end. */
function endsInOddBackslashes(line: string): boolean {
  let start = line.length;
  while (line.charAt(start - 1) === '\\') start -= 1;
  return (line.length - start) % 2 === 1;
}

function addProperty(map: Record<string, string>, line: string): void {
  const match = /^((?:\\.|[^\\=: \t\f])*)(?:[ \t\f]*[=:][ \t\f]*|[ \t\f]+)?(.*)$/s.exec(line);
  if (!match) return;
  Object.defineProperty(map, unescape(match[1] ?? ''), {
    value: unescape(match[2] ?? ''),
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f' };

function unescape(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_whole, code?: string, character = '') =>
    code === undefined ? (ESCAPES[character] ?? character) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
