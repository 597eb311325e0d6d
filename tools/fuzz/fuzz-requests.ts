import { type JsonObject, isObject } from '@gennaker/kernel';
import { NASTY_BODIES, NASTY_TEXTS } from './nasty.js';
import type { Random } from './random.js';
import { SchemaValues } from './schema-values.js';

/** One operation of an OpenAPI document. */
export interface Operation {
  method: string;
  path: string;
  parameters: { name: string; in: string; required: boolean; schema: unknown }[];
  body: unknown;
}

export interface FuzzRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: Buffer;
}

/** Texts that mean something to the server, by the field or parameter that they fit. */
export type KnownTexts = Readonly<Record<string, readonly string[]>>;

export function operationsOf(document: JsonObject): Operation[] {
  const operations: Operation[] = [];
  for (const [path, methods] of Object.entries(isObject(document.paths) ? document.paths : {})) {
    for (const [method, operation] of Object.entries(isObject(methods) ? methods : {})) {
      if (!isObject(operation)) continue;
      const { parameters, requestBody } = operation as {
        parameters?: Operation['parameters'];
        requestBody?: { content: Record<string, { schema: unknown }> };
      };
      const body = requestBody?.content['application/json']?.schema;
      operations.push({ method: method.toUpperCase(), path, parameters: parameters ?? [], body });
    }
  }
  return operations;
}

/** Makes requests for operations: right in some parts, wrong in others. */
export class FuzzRequests {
  private readonly values: SchemaValues;

  constructor(
    private readonly random: Random,
    document: JsonObject,
    private readonly known: KnownTexts,
  ) {
    const components = isObject(document.components) ? document.components.schemas : {};
    this.values = new SchemaValues(random, isObject(components) ? components : {}, (field) =>
      this.knownFor(field),
    );
  }

  for(operation: Operation): FuzzRequest {
    const { random } = this;
    // Some requests are nearly right, so that they get beyond the checks at the door.
    const mischief = random.pick([0, 0.02, 0.1, 0.3]);
    return {
      method: operation.method,
      url: this.path(operation, mischief) + this.query(operation, mischief),
      headers: this.headers(mischief),
      ...this.body(operation, mischief),
    };
  }

  private path({ path, parameters }: Operation, mischief: number): string {
    return path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
      const parameter = parameters.find((one) => one.name === name && one.in === 'path');
      const text = textOf(this.values.value(parameter?.schema, name, mischief));
      if (this.random.chance(0.03)) return text.replaceAll(/[^!$-;=@-~]/g, '') || 'x';
      return encode(text) || 'x';
    });
  }

  private query({ parameters }: Operation, mischief: number): string {
    const { random } = this;
    const parts = parameters
      .filter((one) => one.in === 'query' && (one.required ? !random.chance(mischief) : random.chance(0.4)))
      .flatMap(({ name, schema }) => {
        const value = textOf(this.values.value(schema, name, mischief));
        return random.chance(0.03) ? [`${name}=1`, `${name}=${encode(value)}`] : [`${name}=${encode(value)}`];
      });
    if (random.chance(mischief / 2)) parts.push('__proto__=1', 'constructor[prototype][x]=1');
    return parts.length === 0 ? '' : `?${parts.join('&')}`;
  }

  private headers(mischief: number): Record<string, string> {
    const { random } = this;
    if (!random.chance(mischief)) return {};
    const latin = random
      .pick(NASTY_TEXTS)
      .replaceAll(/[^\t\x20-\x7e]/g, '')
      .slice(0, 2_000);
    const name = random.pick([
      'x-spinnaker-request-id',
      'x-spinnaker-reason',
      'x-spinnaker-user',
      'x-ratelimit-app',
      'if-none-match',
      'if-match',
      'last-event-id',
      'accept',
      'accept-encoding',
      'x-forwarded-for',
      'content-encoding',
    ]);
    return { [name]: latin };
  }

  private body({ body }: Operation, mischief: number): { body?: Buffer; headers?: Record<string, string> } {
    const { random } = this;
    if (body === undefined ? !random.chance(mischief / 3) : random.chance(mischief / 3)) return {};
    if (random.chance(mischief / 2)) {
      const { type, body: raw } = random.pick(NASTY_BODIES);
      return { body: raw, headers: { 'content-type': type } };
    }
    const value = this.values.value(body, 'body', mischief);
    return {
      body: Buffer.from(JSON.stringify(value) ?? 'null'),
      headers: { 'content-type': 'application/json' },
    };
  }

  private knownFor(field: string): readonly string[] {
    const own = this.known[field];
    if (own !== undefined) return own;
    return field.endsWith('d') || field.endsWith('Ids') ? (this.known.id ?? []) : [];
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** Half of a surrogate pair cannot be encoded: its bytes are sent as they would be. */
function encode(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return '%ED%A0%80';
  }
}
