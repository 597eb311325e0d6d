import { GennakerError, InvalidInputError } from '@gennaker/kernel';
import { type OperationDefinition } from './operation-definition.js';

/** All operations of all clouds, each listed once. */
export class OperationRegistry {
  private readonly definitions = new Map<string, OperationDefinition>();

  constructor(definitions: readonly OperationDefinition[]) {
    for (const definition of definitions) {
      const key = keyOf(definition.cloudProvider, definition.kind);
      if (this.definitions.has(key)) {
        throw new GennakerError('operation.registered_twice', `operation ${key} is registered twice`);
      }
      this.definitions.set(key, definition);
    }
  }

  /** Throws an InvalidInputError for an operation that the cloud does not have. */
  get(cloudProvider: string, kind: string): OperationDefinition {
    const definition = this.definitions.get(keyOf(cloudProvider, kind));
    if (!definition) {
      throw new InvalidInputError(
        'operation.unknown',
        `cloud provider ${cloudProvider} has no operation ${kind}; it has ${this.kindsOf(cloudProvider).join(', ') || 'none'}`,
      );
    }
    return definition;
  }

  kindsOf(cloudProvider: string): string[] {
    return [...this.definitions.values()]
      .filter((definition) => definition.cloudProvider === cloudProvider)
      .map(({ kind }) => kind);
  }
}

function keyOf(cloudProvider: string, kind: string): string {
  return `${cloudProvider}/${kind}`;
}
