import { STAGES, StageRegistry } from '@gennaker/stages';

/** The stage types that can run here. */
export class StageTypes {
  private readonly registry = new StageRegistry(STAGES);
  /** All types and aliases. */
  readonly names: ReadonlySet<string> = new Set(
    this.registry.definitions.flatMap(({ type, aliases }) => [type, ...(aliases ?? [])]),
  );

  has(type: string): boolean {
    return this.registry.has(type);
  }
}
