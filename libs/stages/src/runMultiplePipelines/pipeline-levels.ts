import { type FieldProblem, InvalidInputError, isObject, type JsonObject } from '@gennaker/kernel';
import { parse } from 'yaml';

/** One pipeline of a bundle. */
export interface BundledPipeline {
  /** Its key in the bundle, by which others depend on it. */
  yamlIdentifier: string;
  child_pipeline: string;
  arguments: JsonObject;
  depends_on: string[];
}

const MAX_PIPELINES = 200;

/**
 * Reads a bundle of pipelines and orders it: each level depends on the ones before it only.
 *
 * @param yamlConfig the bundle as Spinnaker keeps it, a list whose first entry is `{ name: { key: { child_pipeline … } } }`,
 * or that entry as YAML
 * @throws InvalidInputError naming entries that are wrong, unknown or circular dependencies, and doubles
 */
export function pipelineLevels(
  yamlConfig: readonly unknown[],
  { checkDuplicated }: { checkDuplicated: boolean },
): BundledPipeline[][] {
  const problems: FieldProblem[] = [];
  const pipelines = entriesOf(yamlConfig).map(([key, entry]) => bundled(key, entry, problems));
  if (pipelines.length === 0) problems.push({ path: 'yamlConfig', message: 'names no pipeline' });
  if (pipelines.length > MAX_PIPELINES)
    problems.push({ path: 'yamlConfig', message: `names more than ${MAX_PIPELINES} pipelines` });
  if (checkDuplicated) problems.push(...doubles(pipelines));
  problems.push(...unknownDependencies(pipelines));
  if (problems.length > 0) throw new InvalidInputError('stages.invalid_bundle', problems);
  return levelsOf(pipelines);
}

function entriesOf([first]: readonly unknown[]): [string, unknown][] {
  let bundle: unknown = first;
  if (typeof first === 'string') {
    try {
      bundle = parse(first);
    } catch (error) {
      const message = `is not valid YAML: ${String((error as Error).message).split('\n')[0]}`;
      throw new InvalidInputError('stages.invalid_bundle', [{ path: 'yamlConfig[0]', message }]);
    }
  }
  const [only] = isObject(bundle) ? Object.values(bundle) : [];
  const inner = isObject(only) && isObject(only['apps']) ? only['apps'] : only;
  // Settings of the bundle itself stand beside its pipelines.
  return isObject(inner) ? Object.entries(inner).filter(([, entry]) => isObject(entry)) : [];
}

function bundled(key: string, entry: unknown, problems: FieldProblem[]): BundledPipeline {
  const { child_pipeline: child, arguments: given, depends_on: depends } = entry as JsonObject;
  const path = `yamlConfig[0].${key}`;
  if (typeof child !== 'string' || child === '')
    problems.push({ path: `${path}.child_pipeline`, message: 'is missing: which pipeline is to run?' });
  if (given !== undefined && given !== null && !isObject(given))
    problems.push({ path: `${path}.arguments`, message: 'must be an object' });
  if (depends !== undefined && depends !== null && !Array.isArray(depends))
    problems.push({ path: `${path}.depends_on`, message: 'must be a list' });
  return {
    yamlIdentifier: key,
    child_pipeline: String(child),
    arguments: isObject(given) ? given : {},
    depends_on: Array.isArray(depends) ? depends.map(String) : [],
  };
}

function doubles(pipelines: BundledPipeline[]): FieldProblem[] {
  const seen = new Map<string, string>();
  return pipelines.flatMap(({ yamlIdentifier, child_pipeline: child, arguments: given }) => {
    const key = JSON.stringify([child, Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1))]);
    const other = seen.get(key);
    seen.set(key, yamlIdentifier);
    if (other === undefined) return [];
    const message = `runs the same pipeline with the same arguments as ${other}`;
    return [{ path: `yamlConfig[0].${yamlIdentifier}`, message }];
  });
}

function unknownDependencies(pipelines: BundledPipeline[]): FieldProblem[] {
  const known = new Set(pipelines.map(({ yamlIdentifier }) => yamlIdentifier));
  return pipelines.flatMap(({ yamlIdentifier, depends_on: depends }) =>
    depends
      .filter((name) => !known.has(name))
      .map((name) => ({
        path: `yamlConfig[0].${yamlIdentifier}.depends_on`,
        message: `there is no pipeline "${name}" in the bundle`,
      })),
  );
}

function levelsOf(pipelines: BundledPipeline[]): BundledPipeline[][] {
  const levels: BundledPipeline[][] = [];
  const placed = new Set<string>();
  let open = pipelines;
  while (open.length > 0) {
    const level = open.filter(({ depends_on: depends }) => depends.every((name) => placed.has(name)));
    if (level.length === 0) {
      const names = open.map(({ yamlIdentifier }) => yamlIdentifier).join(', ');
      const message = `these wait for each other in a circle: ${names}`;
      throw new InvalidInputError('stages.invalid_bundle', [{ path: 'yamlConfig', message }]);
    }
    for (const { yamlIdentifier } of level) placed.add(yamlIdentifier);
    levels.push(level);
    open = open.filter(({ yamlIdentifier }) => !placed.has(yamlIdentifier));
  }
  return levels;
}
