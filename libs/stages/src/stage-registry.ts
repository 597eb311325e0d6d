import { GennakerError } from '@gennaker/kernel';
import type { StageDefinition } from './stage-definition.js';

/** Two stage definitions claim one type. Named at start, so that it cannot wait to be met. */
export class DuplicateStageTypeError extends GennakerError {
  constructor(type: string, first: StageDefinition, second: StageDefinition) {
    super(
      'stages.duplicate_type',
      `stage type "${type}" is registered twice: by "${first.type}" (${first.label}) and "${second.type}" (${second.label})`,
    );
  }
}

/** The stage types that this installation knows, by type and alias. */
export class StageRegistry {
  private readonly byType = new Map<string, StageDefinition>();
  readonly definitions: readonly StageDefinition[];

  constructor(definitions: StageDefinition[]) {
    this.definitions = definitions;
    for (const definition of definitions) {
      for (const type of [definition.type, ...(definition.aliases ?? [])]) {
        const other = this.byType.get(type);
        if (other !== undefined) throw new DuplicateStageTypeError(type, other, definition);
        this.byType.set(type, definition);
      }
      rejectDoubledTasks(definition);
    }
  }

  find(type: string): StageDefinition | undefined {
    return this.byType.get(type);
  }

  has(type: string): boolean {
    return this.byType.has(type);
  }
}

function rejectDoubledTasks(definition: StageDefinition): void {
  const names = definition.tasks.map((task) => task.name);
  const doubled = names.find((name, index) => names.indexOf(name) !== index);
  if (doubled !== undefined) {
    throw new GennakerError(
      'stages.duplicate_task',
      `stage type "${definition.type}" defines its task "${doubled}" twice; name it twice in plan() instead`,
    );
  }
}
