import { EFFECT_FUNCTIONS } from './effect-functions.js';
import type { FunctionDefinition } from './function-definition.js';
import { STAGE_FUNCTIONS } from './stage-functions.js';
import { TEXT_FUNCTIONS } from './text-functions.js';

/** Every function of the language, once. */
export const FUNCTIONS: readonly FunctionDefinition[] = [
  ...TEXT_FUNCTIONS,
  ...EFFECT_FUNCTIONS,
  ...STAGE_FUNCTIONS,
];

const BY_NAME = new Map(FUNCTIONS.map((definition) => [definition.name, definition]));

export function findFunction(name: string): FunctionDefinition | undefined {
  return BY_NAME.get(name);
}

export function functionNames(): string[] {
  return [...BY_NAME.keys()];
}

export interface FunctionDocumentation {
  name: string;
  description: string;
  parameters: { name: string; type: string; description: string }[];
  returns: string;
  example: string;
}

export interface EvaluatorDocumentation {
  versionKey: string;
  description: string;
  isDeprecated: boolean;
}

/** What `GET /capabilities/expressions` answers: Spinnaker's fields, and with every function its result and an example. */
export const functionCatalogue: {
  functions: FunctionDocumentation[];
  spelEvaluators: EvaluatorDocumentation[];
} = {
  functions: FUNCTIONS.map(({ name, description, parameters, returns, example }) => ({
    name,
    description,
    parameters: parameters.map((parameter) => ({
      name: parameter.name,
      type: parameter.type,
      description: parameter.description,
    })),
    returns,
    example,
  })),
  spelEvaluators: [
    { versionKey: 'v2', description: 'Deprecated. Evaluates as v3 does.', isDeprecated: true },
    {
      versionKey: 'v3',
      description: 'The default: the whole context of a stage is evaluated when the stage starts.',
      isDeprecated: false,
    },
    {
      versionKey: 'v4',
      description:
        'Stages are evaluated only when they start; evaluateVariables sees earlier variables; deployManifest can skip its manifests.',
      isDeprecated: false,
    },
  ],
};
