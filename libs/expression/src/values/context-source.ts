import { setOwn } from './collection.js';
import { toPlain } from './plain.js';
import { HostMap, type Value } from './value.js';

/**
 * A map that is read key by key, so that an expression pays only for what it reads. Contexts, stages and executions are
 * given to the evaluator in this form. `get` answers undefined for a key that does not exist.
 */
export abstract class ContextSource extends HostMap {
  readonly typeName: string = 'Map';
  /** True when an unknown key is an error even where unknown keys of maps are null (Java beans). */
  readonly strictKeys: boolean = false;

  abstract get(key: string): Value | undefined;
  abstract has(key: string): boolean;
  abstract keys(): Iterable<string>;

  get size(): number {
    return [...this.keys()].length;
  }

  lookup(key: Value): Value | undefined {
    return typeof key === 'string' ? this.get(key) : undefined;
  }

  *entries(): Iterable<[string, Value]> {
    for (const key of this.keys()) yield [key, this.get(key) ?? null];
  }

  text(): string {
    return JSON.stringify(this.plain());
  }

  plain(): unknown {
    const object: Record<string, unknown> = {};
    for (const [key, value] of this.entries()) setOwn(object, key, toPlain(value));
    return object;
  }

  equalTo(other: Value): boolean {
    return other === this;
  }
}

/** A context that is an ordinary object. */
export class ObjectSource extends ContextSource {
  constructor(private readonly object: Readonly<Record<string, unknown>>) {
    super();
  }

  get(key: string): Value | undefined {
    return Object.hasOwn(this.object, key) ? ((this.object[key] ?? null) as Value) : undefined;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.object, key);
  }

  keys(): Iterable<string> {
    return Object.keys(this.object);
  }

  override plain(): unknown {
    return this.object;
  }
}
