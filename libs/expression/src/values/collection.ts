import { hashOf, isMap, valuesEqual } from './equality.js';
import { toPlain } from './plain.js';
import { joinedText, javaText } from './text.js';
import { HostMap, HostValue, type PlainObject, type Value } from './value.js';

/** Sets `key` as an own property, whatever its name: `__proto__` is a key like any other. */
export function setOwn<T>(target: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    target[key] = value;
  }
}

/** The text under which a key is found again: texts and ints by themselves, everything else by type and text. */
function keyText(key: Value): string {
  if (typeof key === 'string') return `s${key}`;
  if (typeof key === 'number') return `n${key}`;
  return key instanceof HostValue ? `${key.typeName}:${key.text()}` : `o${javaText(key)}`;
}

/** A map made by an expression: keys of any type, in the order of their insertion (Java's LinkedHashMap). */
export class JavaMap extends HostMap {
  readonly typeName = 'Map';
  private readonly byKey = new Map<string, [Value, Value]>();

  static of(entries: Iterable<readonly [Value, Value]>): JavaMap {
    const map = new JavaMap();
    for (const [key, value] of entries) map.byKey.set(keyText(key), [key, value]);
    return map;
  }

  get size(): number {
    return this.byKey.size;
  }

  lookup(key: Value): Value | undefined {
    return this.byKey.get(keyText(key))?.[1];
  }

  entries(): IterableIterator<[Value, Value]> {
    return this.byKey.values();
  }

  text(): string {
    return mapText(this.entries());
  }

  plain(): PlainObject {
    const object: Record<string, unknown> = {};
    for (const [key, value] of this.entries()) setOwn(object, javaText(key), toPlain(value));
    return object as PlainObject;
  }

  equalTo(other: Value): boolean {
    return isMap(other) && valuesEqual(this, other);
  }

  override hash(): number {
    let hash = 0;
    for (const [key, value] of this.entries()) hash = (hash + (hashOf(key) ^ hashOf(value))) | 0;
    return hash;
  }
}

/** A set in the order of insertion, as `keySet()` gives it. */
export class JavaSet extends HostValue {
  readonly typeName = 'Set';
  private readonly byKey = new Map<string, Value>();

  constructor(items: Iterable<Value>) {
    super();
    for (const item of items) {
      const key = keyText(item);
      if (!this.byKey.has(key)) this.byKey.set(key, item);
    }
  }

  get size(): number {
    return this.byKey.size;
  }

  has(item: Value): boolean {
    return this.byKey.has(keyText(item));
  }

  items(): Value[] {
    return [...this.byKey.values()];
  }

  override converted(): string | undefined {
    return joinedText(this.items());
  }

  text(): string {
    return javaText(this.items());
  }

  plain(): unknown {
    return toPlain(this.items());
  }

  equalTo(other: Value): boolean {
    return (
      other instanceof JavaSet && other.size === this.size && other.items().every((item) => this.has(item))
    );
  }

  override hash(): number {
    return this.items().reduce<number>((hash, item) => (hash + hashOf(item)) | 0, 0);
  }
}

/** `Map.Entry`: what a selection or projection over a map, and `entrySet()`, walk over. */
export class MapEntry extends HostValue {
  readonly typeName = 'Entry';
  constructor(
    readonly key: Value,
    readonly value: Value,
  ) {
    super();
  }

  override converted(): undefined {
    return undefined;
  }

  text(): string {
    return `${javaText(this.key)}=${javaText(this.value)}`;
  }

  plain(): unknown {
    return JavaMap.of([[this.key, this.value]]).plain();
  }

  equalTo(other: Value): boolean {
    return (
      other instanceof MapEntry && valuesEqual(this.key, other.key) && valuesEqual(this.value, other.value)
    );
  }

  override hash(): number {
    return hashOf(this.key) ^ hashOf(this.value);
  }
}

export function mapText(entries: Iterable<readonly [Value, Value]>): string {
  const parts: string[] = [];
  for (const [key, value] of entries) parts.push(`${javaText(key)}=${javaText(value)}`);
  return `{${parts.join(', ')}}`;
}
