import type { ExecutionAccess, StageAccess } from '../evaluate/execution-access.js';
import type { Runtime } from '../evaluate/runtime.js';
import { ExpressionError } from '../expression-error.js';
import { nearestName, suggestionText } from '../suggestion.js';
import { restAt, textAt } from '../types/arguments.js';
import { javaText } from '../values/text.js';
import { isPlainObject, type Value } from '../values/value.js';
import { deployedServerGroups } from './deployed-server-groups.js';
import type { FunctionDefinition } from './function-definition.js';
import { cfServiceKey, manifestLabelValue } from './manifest-functions.js';

function failed(message: string, suggestion?: string): ExpressionError {
  return new ExpressionError('expression.function_failed', message + suggestionText(suggestion), {
    suggestion,
  });
}

/** The running execution. @throws ExpressionError when the expression is evaluated outside of one */
export function executionOf(runtime: Runtime, name: string): ExecutionAccess {
  const { execution } = runtime.environment;
  if (execution) return execution;
  throw failed(`#${name} needs an execution, and there is none here`);
}

function findStage(runtime: Runtime, nameOrId: string): StageAccess | undefined {
  return executionOf(runtime, 'stage')
    .stages()
    .find((stage) => stage.name === nameOrId || stage.id === nameOrId);
}

function stageNames(runtime: Runtime): string[] {
  return executionOf(runtime, 'stage')
    .stages()
    .map((stage) => stage.name ?? '');
}

function currentStage(runtime: Runtime): StageAccess {
  const stage = executionOf(runtime, 'currentStage').currentStage();
  if (stage) return stage;
  throw failed('there is no current stage here');
}

/** The answer of the first manual judgment with that name that has one. */
function judgment(runtime: Runtime, name: string): Value {
  const stages = executionOf(runtime, 'judgment').stages();
  const judgments = stages.filter((stage) => stage.type === 'manualJudgment');
  const answered = judgments.find(
    (stage) => stage.name === name && (stage.context['judgmentInput'] ?? null) !== null,
  );
  if (answered) return answered.context['judgmentInput'] ?? null;
  const names = judgments.map((stage) => stage.name ?? '');
  if (names.includes(name)) throw failed(`the manual judgment \`${name}\` has no answer yet`);
  throw failed(`there is no manual judgment \`${name}\` in the execution`, nearestName(name, names));
}

function resolvedArtifact(runtime: Runtime, name: string, key: 'name' | 'type'): Value {
  const resolved = executionOf(runtime, 'triggerResolvedArtifact').trigger['resolvedExpectedArtifacts'];
  for (const expected of Array.isArray(resolved) ? resolved : []) {
    const bound = isPlainObject(expected) ? expected['boundArtifact'] : undefined;
    if (bound !== undefined && isPlainObject(bound) && bound[key] === name) return bound;
  }
  throw failed(`the trigger has no resolved artifact of ${key} \`${name}\``);
}

const NAME_OR_ID = { name: 'nameOrId', type: 'String', description: 'The name or the id of a stage' };

function judgmentFunction(name: string): FunctionDefinition {
  return {
    name,
    description: 'The option that was chosen in a manual judgment stage.',
    parameters: [{ name: 'name', type: 'String', description: 'The name of the manual judgment stage' }],
    returns: 'String',
    needsExecution: true,
    example: `\${#${name}('Promote?') == 'yes'}`,
    call: (args, runtime) => judgment(runtime, textAt(args, 0)),
  };
}

function allArtifacts(execution: ExecutionAccess): Value[] {
  return execution.stages().flatMap((stage) => {
    const { artifacts } = stage.outputs;
    return Array.isArray(artifacts) ? artifacts : [];
  });
}

function artifactsFunction(name: string): FunctionDefinition {
  return {
    name,
    description: 'The artifacts that the stages so far have given out, as one list.',
    parameters: [],
    returns: 'List',
    needsExecution: true,
    example: `\${#${name}().?[type == 'docker/image'][0].reference}`,
    call: (_args, runtime) => allArtifacts(executionOf(runtime, name)),
  };
}

export const STAGE_FUNCTIONS: FunctionDefinition[] = [
  {
    name: 'stage',
    description: 'The first stage with that name or id. Fails when there is none.',
    parameters: [NAME_OR_ID],
    returns: 'StageExecution',
    needsExecution: true,
    example: "${#stage('Bake').outputs.ami}",
    call: (args, runtime) => {
      const name = textAt(args, 0);
      const stage = findStage(runtime, name);
      if (stage) return stage.bean;
      throw failed(`there is no stage \`${name}\` in the execution`, nearestName(name, stageNames(runtime)));
    },
  },
  {
    name: 'stageByRefId',
    description: 'The stage with that reference id. Fails when there is none.',
    parameters: [{ name: 'refId', type: 'String', description: 'The refId of a stage' }],
    returns: 'StageExecution',
    needsExecution: true,
    example: "${#stageByRefId('2').status}",
    call: (args, runtime) => {
      const refId = textAt(args, 0);
      const stages = executionOf(runtime, 'stageByRefId').stages();
      const stage = stages.find((candidate) => candidate.refId === refId);
      if (stage) return stage.bean;
      const known = stages.map((candidate) => candidate.refId ?? '');
      throw failed(`there is no stage with the refId \`${refId}\``, nearestName(refId, known));
    },
  },
  {
    name: 'stageExists',
    description: 'Whether there is a stage with that name or id.',
    parameters: [NAME_OR_ID],
    returns: 'Boolean',
    needsExecution: true,
    example: "${#stageExists('Bake')}",
    call: (args, runtime) => findStage(runtime, textAt(args, 0)) !== undefined,
  },
  {
    name: 'currentStage',
    description: 'The stage in which the expression stands.',
    parameters: [],
    returns: 'StageExecution',
    needsExecution: true,
    example: '${#currentStage().name}',
    call: (_args, runtime) => currentStage(runtime).bean,
  },
  {
    name: 'currentUser',
    description: 'The user as whom the execution runs.',
    parameters: [],
    returns: 'String',
    example: '${#currentUser()}',
    call: (_args, runtime) => runtime.environment.user ?? 'anonymous',
  },
  judgmentFunction('judgment'),
  judgmentFunction('judgement'),
  {
    name: 'triggerResolvedArtifact',
    description: 'The artifact of that name that the trigger brought.',
    parameters: [{ name: 'name', type: 'String', description: 'The name of an artifact' }],
    returns: 'Artifact',
    needsExecution: true,
    example: "${#triggerResolvedArtifact('gcr.io/shop/cart').reference}",
    call: (args, runtime) => resolvedArtifact(runtime, textAt(args, 0), 'name'),
  },
  {
    name: 'triggerResolvedArtifactByType',
    description: 'The first artifact of that type that the trigger brought.',
    parameters: [{ name: 'type', type: 'String', description: 'The type of an artifact' }],
    returns: 'Artifact',
    needsExecution: true,
    example: "${#triggerResolvedArtifactByType('docker/image').reference}",
    call: (args, runtime) => resolvedArtifact(runtime, textAt(args, 0), 'type'),
  },
  artifactsFunction('resolvedArtifacts'),
  artifactsFunction('resolveArtifacts'),
  {
    name: 'deployedServerGroups',
    description:
      'The server groups that the deploy stages of this execution have made; with names or ids, only those of these stages. The bare word deployedServerGroups is the same without arguments.',
    parameters: [
      { name: 'namesOrIds', type: 'String', description: 'Names or ids of stages', variadic: true },
    ],
    returns: 'List',
    needsExecution: true,
    example: '${#deployedServerGroups()[0].serverGroup}',
    call: (args, runtime) =>
      deployedServerGroups(
        executionOf(runtime, 'deployedServerGroups').stages(),
        restAt(args, 0).map(javaText),
      ),
  },
  {
    name: 'manifestLabelValue',
    description: 'The value of a label of the pod template that a deploy manifest stage has deployed.',
    parameters: [
      { name: 'stageName', type: 'String', description: 'The name of a deployManifest stage' },
      { name: 'kind', type: 'String', description: 'Deployment or ReplicaSet' },
      { name: 'labelKey', type: 'String', description: "The label's key" },
    ],
    returns: 'String',
    needsExecution: true,
    example: "${#manifestLabelValue('Deploy', 'ReplicaSet', 'version')}",
    call: (args, runtime) =>
      manifestLabelValue(executionOf(runtime, 'manifestLabelValue').stages(), {
        stageName: textAt(args, 0),
        kind: textAt(args, 1),
        labelKey: textAt(args, 2),
      }),
  },
  {
    name: 'cfServiceKey',
    description: 'The Cloud Foundry service key that a stage has created, or an empty map.',
    parameters: [{ name: 'stageName', type: 'String', description: 'The name of a createServiceKey stage' }],
    returns: 'Map',
    needsExecution: true,
    example: "${#cfServiceKey('Create key').username}",
    call: (args, runtime) => cfServiceKey(executionOf(runtime, 'cfServiceKey').stages(), textAt(args, 0)),
  },
];
