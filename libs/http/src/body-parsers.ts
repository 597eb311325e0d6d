import { InvalidInputError, messageOf } from '@gennaker/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseDocument } from 'yaml';
import { decodeUtf8, isStorableText, parseJsonBody, refuseUnstorable } from './json-guard.js';

const JSON_TYPES = ['application/json', 'application/context+json', 'application/cloudevents+json'];
const YAML_TYPES = ['application/x-yaml', 'application/yaml', 'text/yaml', 'text/x-yaml'];

/** JSON, YAML, form and plain text bodies. An empty body is no body, whatever the content type says. */
export function registerBodyParsers(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  add(fastify, JSON_TYPES, (body) => parseJsonBody(body));
  add(fastify, YAML_TYPES, parseYamlBody);
  add(fastify, ['application/x-www-form-urlencoded'], (body) =>
    Object.fromEntries(new URLSearchParams(text(body))),
  );
  add(fastify, ['text/plain'], text);
}

type Parse = (body: Buffer) => unknown;

function add(fastify: FastifyInstance, types: string[], parse: Parse): void {
  fastify.addContentTypeParser(
    types,
    { parseAs: 'buffer' },
    (_request: FastifyRequest, body: Buffer, done: (error: Error | null, value?: unknown) => void) => {
      if (body.length === 0) {
        done(null, undefined);
        return;
      }
      try {
        done(null, parse(body));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

function text(body: Buffer): string {
  const decoded = decodeUtf8(body);
  if (isStorableText(decoded)) return decoded;
  throw new InvalidInputError('http.unstorable_text', 'The body holds a NUL or half of a surrogate pair');
}

/**
 * YAML through the same guards as JSON. Aliases are bounded, so that a small document cannot become a huge one, and must
 * not lead in circles; unknown tags and keys that are no texts are refused.
 */
function parseYamlBody(body: Buffer): unknown {
  let json: string;
  try {
    const document = parseDocument(text(body), { uniqueKeys: true, stringKeys: true, logLevel: 'silent' });
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw problem;
    json = JSON.stringify(document.toJS({ maxAliasCount: 100 }) ?? null);
  } catch (error) {
    if (error instanceof InvalidInputError) throw error;
    throw new InvalidInputError(
      'http.malformed_yaml',
      `The body is not valid YAML: ${messageOf(error).slice(0, 300)}`,
    );
  }
  const plain: unknown = parseJsonBody(Buffer.from(json));
  refuseUnstorable(plain, '');
  return plain;
}
