import type { Runtime } from '../../evaluate/runtime.js';
import { HostValue, type Value } from '../../values/value.js';
import type { Method, MethodTable } from '../method.js';

/** A class that `T(…)` and `new` may name. */
export interface TypeDefinition {
  /** With its package. `java.lang` may be left out. */
  readonly name: string;
  readonly statics: MethodTable<TypeValue>;
  readonly constants?: Readonly<Record<string, Value>>;
  /** Absent: the class has no public constructor. */
  readonly create?: Method<Runtime>;
  readonly isInstance: (value: Value) => boolean;
}

/** What `T(java.lang.Math)` gives: the class itself, as the holder of its static methods and constants. */
export class TypeValue extends HostValue {
  readonly typeName = 'Class';

  constructor(
    readonly definition: TypeDefinition,
    readonly dimensions: number,
  ) {
    super();
  }

  text(): string {
    return `class ${this.definition.name}${'[]'.repeat(this.dimensions)}`;
  }

  plain(): string {
    return this.definition.name + '[]'.repeat(this.dimensions);
  }

  equalTo(other: Value): boolean {
    return other instanceof TypeValue && other.plain() === this.plain();
  }
}
