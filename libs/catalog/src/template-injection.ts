import { type FieldProblem, type JsonObject, isObject } from '@gennaker/kernel';

/** Where a stage of the configuration goes among those of the template. */
type Injection = { kind: 'first' | 'last' } | { kind: 'before' | 'after'; refs: string[] } | { kind: 'none' };

/**
 * Puts stages into a template's stages, as each one's `inject` says: `{first: true}`, `{last: true}`, `{before: [refs]}`
 * or `{after: [refs]}`. A stage with the refId of a template's stage takes its place; one without `inject` stands where
 * its `requisiteStageRefIds` put it.
 */
export function injectStages(
  base: JsonObject[],
  added: JsonObject[],
  problems: FieldProblem[],
): JsonObject[] {
  let stages = withRefs(base);
  added.forEach((stage, index) => {
    const { inject, ...rest } = stage;
    const path = `stages[${index}]`;
    const refId = String(stage.refId ?? stage.id ?? `injected${index}`);
    const node: JsonObject = { ...rest, refId, requisiteStageRefIds: requiresOf(stage) };
    const where = injectionOf(inject, `${path}.inject`, problems);
    const missing =
      'refs' in where ? where.refs.filter((ref) => !stages.some((other) => other.refId === ref)) : [];
    if (missing.length > 0) {
      problems.push({
        path: `${path}.inject`,
        message: `The template has no stage with refId ${missing.join(', ')}`,
      });
      return;
    }
    const replaced = stages.findIndex((other) => other.refId === refId);
    if (replaced !== -1) {
      stages = stages.map((other, at) =>
        at === replaced && stage.requisiteStageRefIds === undefined
          ? { ...node, requisiteStageRefIds: other.requisiteStageRefIds }
          : at === replaced
            ? node
            : other,
      );
      return;
    }
    stages = place(stages, node, where);
  });
  return stages;
}

function withRefs(stages: JsonObject[]): JsonObject[] {
  const linear = stages.every((stage) => stage.refId === undefined && stage.id === undefined);
  return stages.map((stage, index) => ({
    ...stage,
    refId: linear ? String(index) : String(stage.refId ?? stage.id ?? index),
    requisiteStageRefIds: linear ? (index === 0 ? [] : [String(index - 1)]) : requiresOf(stage),
  }));
}

function requiresOf(stage: JsonObject): string[] {
  const requires = stage.requisiteStageRefIds ?? stage.dependsOn;
  return Array.isArray(requires) ? requires.map(String) : [];
}

function place(stages: JsonObject[], node: JsonObject, where: Injection): JsonObject[] {
  const ref = String(node.refId);
  switch (where.kind) {
    case 'first':
      return [
        { ...node, requisiteStageRefIds: [] },
        ...stages.map((stage) =>
          requiresOf(stage).length === 0 ? { ...stage, requisiteStageRefIds: [ref] } : stage,
        ),
      ];
    case 'last': {
      const required = new Set(stages.flatMap(requiresOf));
      const leaves = stages.map((stage) => String(stage.refId)).filter((leaf) => !required.has(leaf));
      return [...stages, { ...node, requisiteStageRefIds: leaves }];
    }
    case 'before': {
      const targets = new Set(where.refs);
      const inherited = stages.filter((stage) => targets.has(String(stage.refId))).flatMap(requiresOf);
      return [
        ...stages.map((stage) =>
          targets.has(String(stage.refId)) ? { ...stage, requisiteStageRefIds: [ref] } : stage,
        ),
        { ...node, requisiteStageRefIds: [...new Set(inherited)] },
      ];
    }
    case 'after': {
      const targets = new Set(where.refs);
      return [
        ...stages.map((stage) => ({
          ...stage,
          requisiteStageRefIds: [...new Set(requiresOf(stage).map((one) => (targets.has(one) ? ref : one)))],
        })),
        { ...node, requisiteStageRefIds: where.refs },
      ];
    }
    case 'none':
      return [...stages, node];
  }
}

function injectionOf(inject: unknown, path: string, problems: FieldProblem[]): Injection {
  if (inject === undefined || inject === null) return { kind: 'none' };
  if (isObject(inject)) {
    if (inject.first === true) return { kind: 'first' };
    if (inject.last === true) return { kind: 'last' };
    for (const kind of ['before', 'after'] as const) {
      const refs = inject[kind];
      if (Array.isArray(refs) && refs.length > 0) return { kind, refs: refs.map(String) };
    }
  }
  problems.push({
    path,
    message: 'must be {first: true}, {last: true}, {before: [refIds]} or {after: [refIds]}',
  });
  return { kind: 'none' };
}
