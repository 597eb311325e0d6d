import { ContextSource } from '../values/context-source.js';
import type { PlainObject, Value } from '../values/value.js';
import { ancestorsOf } from './ancestors.js';
import type { ExecutionJson, StageJson } from './execution-json.js';

/**
 * Finds what a stage inherits. The engine may give its own, so that there is one rule of ancestry; `jsonLookup` is the
 * default over Spinnaker's JSON.
 */
export interface AncestorLookup {
  /** The stages whose outputs `stage` sees, nearest first, beginning with itself. */
  ancestors(stage: StageJson): readonly StageJson[];
}

/** The rule of `ancestorsOf`, computed once per stage. */
export function jsonLookup(execution: ExecutionJson): AncestorLookup {
  const known = new Map<StageJson, readonly StageJson[]>();
  return {
    ancestors(stage) {
      let ancestors = known.get(stage);
      if (!ancestors) {
        ancestors = ancestorsOf(execution.stages, stage);
        known.set(stage, ancestors);
      }
      return ancestors;
    },
  };
}

/** The stage's own context first, even where it is null, then the nearest ancestor's outputs. */
export class StageContext extends ContextSource {
  override readonly typeName = 'StageContext';
  private readonly found = new Map<string, Value | undefined>();

  constructor(
    private readonly own: PlainObject,
    private readonly lookupAncestors: AncestorLookup,
    private readonly stage: StageJson,
  ) {
    super();
  }

  get(key: string): Value | undefined {
    if (Object.hasOwn(this.own, key)) return this.own[key] ?? null;
    if (this.found.has(key)) return this.found.get(key);
    const value = this.inherited(key);
    this.found.set(key, value);
    return value;
  }

  private inherited(key: string): Value | undefined {
    for (const { outputs } of this.lookupAncestors.ancestors(this.stage)) {
      if (outputs && Object.hasOwn(outputs, key)) return (outputs[key] ?? null) as Value;
    }
    return undefined;
  }

  /** Every value of `key`, nearest first: the stage's own, then those of its ancestors' outputs. */
  getAll(key: string): Value[] {
    const all: Value[] = [];
    if (Object.hasOwn(this.own, key)) all.push(this.own[key] ?? null);
    for (const { outputs } of this.lookupAncestors.ancestors(this.stage)) {
      if (outputs && Object.hasOwn(outputs, key)) all.push((outputs[key] ?? null) as Value);
    }
    return all;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  keys(): Iterable<string> {
    const keys = new Set(Object.keys(this.own));
    for (const { outputs } of this.lookupAncestors.ancestors(this.stage)) {
      for (const key of Object.keys(outputs ?? {})) keys.add(key);
    }
    return keys;
  }

  override plain(): unknown {
    return this.own;
  }
}
