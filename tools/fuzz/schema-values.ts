import { type JsonObject, isObject } from '@gennaker/kernel';
import { NASTY_TEXTS, NASTY_VALUES } from './nasty.js';
import type { Random } from './random.js';

const MAX_DEPTH = 6;

/** Makes values for JSON schemas: mostly ones that fit, some that do not. */
export class SchemaValues {
  /**
   * @param components the named schemas that others refer to
   * @param known texts that mean something to the server, by the name of the field that they fit
   */
  constructor(
    private readonly random: Random,
    private readonly components: JsonObject,
    private readonly known: (field: string) => readonly string[],
  ) {}

  /** @param mischief how likely any part of the value is something else than the schema says, from 0 to 1 */
  value(schema: unknown, field: string, mischief: number, depth = 0): unknown {
    const { random } = this;
    if (random.chance(mischief)) return this.nasty();
    if (!isObject(schema) || depth > MAX_DEPTH) return this.anything(field, mischief, depth);
    const { $ref, enum: values, anyOf, oneOf, allOf } = schema;
    if (typeof $ref === 'string')
      return this.value(this.components[$ref.split('/').at(-1) ?? ''], field, mischief, depth + 1);
    if ('const' in schema) return schema.const;
    if (Array.isArray(values)) return random.pick(values as unknown[]);
    const choices = anyOf ?? oneOf;
    if (Array.isArray(choices))
      return this.value(random.pick(choices as unknown[]), field, mischief, depth + 1);
    if (Array.isArray(allOf))
      return Object.assign({}, ...allOf.map((one) => this.value(one, field, mischief, depth + 1))) as unknown;
    return this.ofType(schema, field, mischief, depth);
  }

  nasty(): unknown {
    return this.random.chance(0.5) ? this.random.pick(NASTY_TEXTS) : this.random.pick(NASTY_VALUES);
  }

  private ofType(schema: JsonObject, field: string, mischief: number, depth: number): unknown {
    const { random } = this;
    const type: unknown = Array.isArray(schema.type) ? random.pick(schema.type as unknown[]) : schema.type;
    switch (type) {
      case 'string':
        return this.text(field);
      case 'integer':
        return this.number(schema);
      case 'number':
        return random.chance(0.2) ? random.next() : this.number(schema);
      case 'boolean':
        return random.chance(0.5);
      case 'null':
        return null;
      case 'array':
        return Array.from({ length: random.below(3) }, () =>
          this.value(schema.items, field, mischief, depth + 1),
        );
      case 'object':
        return this.object(schema, mischief, depth);
      default:
        return this.anything(field, mischief, depth);
    }
  }

  private object(schema: JsonObject, mischief: number, depth: number): JsonObject {
    const { random } = this;
    const required = new Set(Array.isArray(schema.required) ? schema.required : []);
    const made: JsonObject = {};
    for (const [name, inner] of Object.entries(isObject(schema.properties) ? schema.properties : {})) {
      const left = required.has(name) ? random.chance(mischief / 2) : random.chance(0.5);
      if (!left) made[name] = this.value(inner, name, mischief, depth + 1);
    }
    if (schema.additionalProperties !== undefined && schema.additionalProperties !== false)
      for (let more = random.below(3); more > 0; more -= 1) {
        const name = random.pick(FIELDS);
        made[name] = this.value(schema.additionalProperties, name, mischief, depth + 1);
      }
    return made;
  }

  /** What a field of that name holds in a pipeline, more often than not. */
  private anything(field: string, mischief: number, depth: number): unknown {
    const { random } = this;
    if (depth > MAX_DEPTH || random.chance(0.3)) return this.nasty();
    switch (field) {
      case 'stages':
      case 'job':
        return Array.from({ length: random.below(4) }, (_, index) => this.stage(index, mischief, depth));
      case 'triggers':
        return [
          {
            type: random.pick(['webhook', 'cron', 'pipeline', 'git']),
            enabled: true,
            source: this.text('source'),
          },
        ];
      case 'variables':
      case 'parameters':
      case 'context':
        return { [random.pick(FIELDS)]: this.nasty() };
      case 'waitTime':
      case 'limit':
      case 'index':
        return this.number({});
      default:
        return random.chance(0.6) ? this.text(field) : this.nasty();
    }
  }

  private stage(index: number, mischief: number, depth: number): JsonObject {
    const { random } = this;
    return {
      type: random.pick(this.known('type')),
      name: this.text('name'),
      refId: String(index + 1),
      requisiteStageRefIds: index === 0 || random.chance(0.3) ? [] : [String(index)],
      waitTime: random.below(2),
      ...(random.chance(0.5) ? { [random.pick(FIELDS)]: this.anything('', mischief, depth + 2) } : {}),
    };
  }

  private text(field: string): string {
    const known = this.known(field);
    return known.length > 0 && this.random.chance(0.7)
      ? this.random.pick(known)
      : this.random.pick(NASTY_TEXTS);
  }

  private number({ minimum, maximum }: JsonObject): number {
    const low = typeof minimum === 'number' ? minimum : -10;
    const high = typeof maximum === 'number' ? maximum : 1_000_000;
    const edges = [low, high, low - 1, high + 1, 0, 1, 10];
    return this.random.chance(0.5)
      ? this.random.pick(edges)
      : low + this.random.below(Math.min(high - low, 1_000) + 1);
  }
}

const FIELDS = [
  'name',
  'application',
  'id',
  'type',
  'stages',
  'triggers',
  'parameters',
  'variables',
  'template',
  'context',
  'job',
  'account',
  'email',
  'config',
  'user',
  'manifests',
  'stageTimeoutMs',
  '__proto__x',
] as const;
