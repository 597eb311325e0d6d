import {
  evolve,
  type ExecutionState,
  isComplete,
  type ExecutionEvent,
  submitExecution,
  toExecutionView,
} from '@gennaker/execution';
import { InvalidInputError, inOurWords, isObject, type JsonObject, SequentialIds } from '@gennaker/kernel';
import {
  ExecutionExpressions,
  pathOf,
  prepareSubmission,
  RegistryPlanner,
  type StageDefinition,
  type StageExpressionEvaluator,
  StageRegistry,
  STAGES,
} from '@gennaker/stages';
import { madeUp, Script, scripted } from './scripted-stages.js';
import { Simulation, type StageMoment } from './simulation.js';
import { type Simulated, type SimulationRequest, simulationSchema } from './simulation-request.js';
import { untouchedPorts } from './untouched-ports.js';

export interface SimulationResult {
  execution: JsonObject;
  /** False for an execution that still waits for something nobody gives it. */
  finished: boolean;
  /** Starts and ends of stages, in their order. */
  order: StageMoment[];
  /** Number of runs, by stage refId and task name. */
  runs: Record<string, Record<string, number>>;
  /** RefIds of the stages whose clean-up ran. */
  cleanUps: string[];
  /** Operations that were refused. */
  refusals: Simulation['refusals'];
  /** Milliseconds of the virtual clock. */
  duration: number;
  events: ExecutionEvent[];
}

export interface SimulateOptions {
  /** The time when the request says none, in milliseconds since the Unix epoch. */
  now: number;
  user?: string;
  definitions?: StageDefinition[];
  expressions?: StageExpressionEvaluator;
  /** Begins from this state in place of the pipeline's. For tests of what follows a known state. */
  from?: (submitted: ExecutionState) => ExecutionState;
}

/**
 * Runs a pipeline on a virtual clock against scripted outcomes, with the engine that runs the real ones. Touches
 * nothing. Throws {@link InvalidInputError} for a request or a pipeline that could not be run.
 */
export async function simulate(
  request: SimulationRequest,
  options: SimulateOptions,
): Promise<SimulationResult> {
  const parsed = parse(request);
  const now = timeOf(parsed.at) ?? options.now;
  const script = new Script(parsed.outcomes);
  const registry = registryOf(parsed, script, options.definitions ?? STAGES);
  const ids = new SequentialIds();
  const { trigger } = parsed;
  const pipeline = { name: 'simulation', ...parsed.pipeline, ...(trigger && { trigger }) };
  const prepared = await prepareSubmission(pipeline, {
    environment: { now, random: () => 0.5, uuid: () => ids.next() },
    priorArtifacts: () => Promise.resolve([]),
  });
  const event = submitExecution(prepared, {
    type: parsed.pipeline['type'] === 'ORCHESTRATION' ? 'ORCHESTRATION' : 'PIPELINE',
    now,
    ids,
    authentication: { user: options.user ?? 'anonymous', allowedAccounts: [] },
    origin: 'simulation',
    isKnownStageType: (type) => registry.has(type),
  });
  const submitted = evolve(undefined, event);
  const simulation = new Simulation(options.from?.(submitted) ?? submitted, {
    planner: new RegistryPlanner(registry, options.expressions ?? new ExecutionExpressions()),
    ports: untouchedPorts(),
    ids,
    now,
  });
  if (simulation.state.status === 'NOT_STARTED') simulation.start();
  await simulation.run(
    parsed.operations.map((operation) => ({
      at: typeof operation.at === 'number' ? now + operation.at : timeOf(operation.at)!,
      operation,
    })),
  );
  const { state, moments, refusals, events } = simulation;
  return {
    execution: toExecutionView(state),
    finished: isComplete(state.status),
    order: moments,
    runs: script.runs,
    cleanUps: script.cleanUps,
    refusals,
    duration: simulation.now - now,
    events: [event, ...events],
  };
}

function parse(request: SimulationRequest): Simulated {
  const parsed = simulationSchema.safeParse(request);
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(
    'simulation.invalid',
    parsed.error.issues.map((issue) => ({ path: pathOf(issue.path), message: inOurWords(issue.message) })),
  );
}

function registryOf(request: Simulated, script: Script, definitions: StageDefinition[]): StageRegistry {
  const replaced = new Set(Object.keys(request.stageTypes));
  return new StageRegistry([
    ...definitions
      .filter(({ type }) => !replaced.has(type))
      .map((definition) =>
        scripted(
          { ...definition, aliases: (definition.aliases ?? []).filter((alias) => !replaced.has(alias)) },
          script,
        ),
      ),
    ...Object.entries(request.stageTypes).map(([type, plan]) => scripted(madeUp(type, plan), script, true)),
  ]);
}

function timeOf(at: number | string | undefined): number | undefined {
  return typeof at === 'string' ? Date.parse(at) : at;
}

/** The parts of a result by which two runs compare: no ids, no times. */
export function summaryOf(result: SimulationResult): JsonObject {
  const stages = Array.isArray(result.execution['stages']) ? result.execution['stages'] : [];
  return {
    execution: result.execution['status'],
    stages: Object.fromEntries(
      stages.filter(isObject).map((stage) => [String(stage['refId']), stage['status']]),
    ),
  };
}
