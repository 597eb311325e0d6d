import type { FieldProblem } from '@gennaker/kernel';
import { stageConfigProblems, STAGES, StageRegistry } from '@gennaker/stages';

/** The stage types that can run here. */
export class StageTypes {
  readonly registry = new StageRegistry(STAGES);
  /** All types and aliases. */
  readonly names: ReadonlySet<string> = new Set(
    this.registry.definitions.flatMap(({ type, aliases }) => [type, ...(aliases ?? [])]),
  );

  /** Problems of the fields of stages that may still be edited. */
  readonly unfinishedProblems = (stages: unknown): FieldProblem[] =>
    stageConfigProblems(stages, this.registry, { unfinished: true });

  has(type: string): boolean {
    return this.registry.has(type);
  }
}
