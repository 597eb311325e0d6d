import type { FieldProblem } from '@gennaker/kernel';
import { type OperatorStages, stageConfigProblems, StageRegistry, stagesWith } from '@gennaker/stages';

/** The stage types that can run here. */
export class StageTypes {
  readonly registry: StageRegistry;
  /** All types and aliases. */
  readonly names: ReadonlySet<string>;

  /** @param operators what operators have set up: each is a stage type of its own */
  constructor(readonly operators: Required<OperatorStages> = { webhooks: [], jobs: [] }) {
    const definitions = stagesWith(operators);
    this.registry = new StageRegistry(definitions);
    this.names = new Set(definitions.flatMap(({ type, aliases }) => [type, ...(aliases ?? [])]));
  }

  /** Problems of the fields of stages that may still be edited. */
  readonly unfinishedProblems = (stages: unknown): FieldProblem[] =>
    stageConfigProblems(stages, this.registry, { unfinished: true });

  has(type: string): boolean {
    return this.registry.has(type);
  }
}
