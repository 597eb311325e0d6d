/** What a pipeline's JSON says about its stages and parameters. */
export interface PipelineFacts {
  stages: StageFacts[];
  /** Names of the declared parameters. */
  parameters: string[];
  /** A template adds stages and parameters that the pipeline's JSON does not show. */
  isTemplated: boolean;
  /** Failing expressions keep their text, as in Spinnaker. */
  isLenient: boolean;
  isV4: boolean;
}

export interface StageFacts {
  name: string | undefined;
  refId: string | undefined;
  type: string | undefined;
  skipsManifests: boolean;
  /** Indexes of the stages that have finished when this one starts. */
  upstream: Set<number>;
}

/** @param lenientByDefault what failing expressions mean in a pipeline that does not say */
export function pipelineFacts(
  pipeline: Readonly<Record<string, unknown>>,
  lenientByDefault = false,
): PipelineFacts {
  const stages = objects(pipeline['stages']);
  const refIds = stages.map((stage) => text(stage['refId']));
  // Stages without any refId run one after the other.
  const isLinear = refIds.every((refId) => refId === undefined);
  const direct = stages.map((stage, index) =>
    isLinear ? (index === 0 ? [] : [index - 1]) : requisites(stage, refIds),
  );
  const parameters = objects(pipeline['parameterConfig']).map((parameter) => text(parameter['name']) ?? '');
  return {
    stages: stages.map((stage, index) => ({
      name: text(stage['name']) ?? text(stage['type']),
      refId: refIds[index],
      type: text(stage['type']),
      skipsManifests: stage['skipExpressionEvaluation'] === true,
      upstream: reachable(direct, index),
    })),
    parameters,
    isTemplated: pipeline['type'] === 'templatedPipeline',
    isLenient: (pipeline['expressions'] ?? (lenientByDefault ? 'lenient' : 'strict')) === 'lenient',
    isV4: pipeline['spelEvaluator'] === 'v4',
  };
}

function requisites(stage: Record<string, unknown>, refIds: (string | undefined)[]): number[] {
  const required = stage['requisiteStageRefIds'];
  if (!Array.isArray(required)) return [];
  return required.map((refId) => refIds.indexOf(text(refId))).filter((index) => index !== -1);
}

function reachable(direct: number[][], start: number): Set<number> {
  const found = new Set<number>();
  const open = [...(direct[start] ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...(direct[next] ?? []));
  }
  return found;
}

function objects(value: unknown): Record<string, unknown>[] {
  if (!Array.isArray(value)) return [];
  return value.map((item) =>
    typeof item === 'object' && item !== null ? (item as Record<string, unknown>) : {},
  );
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
