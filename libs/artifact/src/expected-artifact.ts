import { InvalidInputError, isObject, type JsonObject } from '@gennaker/kernel';
import { RE2JS } from 're2js';
import { type Artifact, artifactKey, normaliseArtifact } from './artifact.js';

/** What a trigger or a stage waits to receive, and what stands in for it. */
export interface ExpectedArtifact {
  id?: string;
  displayName?: string;
  matchArtifact: Artifact;
  usePriorArtifact: boolean;
  useDefaultArtifact: boolean;
  defaultArtifact?: Artifact;
  boundArtifact?: Artifact;
}

export function normaliseExpectedArtifact(input: JsonObject): ExpectedArtifact {
  const part = (key: string): Artifact | undefined =>
    isObject(input[key]) ? normaliseArtifact(input[key]) : undefined;
  return {
    ...(typeof input['id'] === 'string' ? { id: input['id'] } : {}),
    ...(typeof input['displayName'] === 'string' ? { displayName: input['displayName'] } : {}),
    matchArtifact: part('matchArtifact') ?? {},
    usePriorArtifact: isTrue(input['usePriorArtifact']),
    useDefaultArtifact: isTrue(input['useDefaultArtifact']),
    ...(part('defaultArtifact') ? { defaultArtifact: part('defaultArtifact') } : {}),
    ...(part('boundArtifact') ? { boundArtifact: part('boundArtifact') } : {}),
  };
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}

const BASE64_FORMS = new Set(['embedded/base64', 'remote/base64']);
const MAP_FORMS = new Set(['embedded/map/base64', 'remote/map/base64']);

function sameType(expected: string, actual: string | undefined): boolean {
  if (actual === undefined) return false;
  // Content that the artifact store has taken over is still what was expected in place.
  if (BASE64_FORMS.has(expected)) return BASE64_FORMS.has(actual);
  if (MAP_FORMS.has(expected)) return MAP_FORMS.has(actual);
  return fieldMatches(expected, actual);
}

const compiled = new Map<string, RE2JS | null>();
const COMPILED_LIMIT = 1_000;

/** Patterns come from users, so they run on an engine whose time is linear in the text. */
function patternOf(text: string): RE2JS | null {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  let pattern: RE2JS | null = null;
  try {
    pattern = RE2JS.compile(text);
  } catch {
    pattern = null;
  }
  if (compiled.size >= COMPILED_LIMIT) compiled.clear();
  compiled.set(text, pattern);
  return pattern;
}

/** An empty expectation fits anything; else the text itself, or a regular expression over the whole value. */
function fieldMatches(expected: string | undefined, actual: string | undefined): boolean {
  if (expected === undefined || expected === '') return true;
  if (actual === undefined) return false;
  return expected === actual || (patternOf(expected)?.matches(actual) ?? false);
}

/** Whether `artifact` is what `expected` describes. */
export function matchesExpected(expected: ExpectedArtifact, artifact: Artifact): boolean {
  const wanted = expected.matchArtifact;
  return (
    (wanted.type === undefined || wanted.type === '' || sameType(wanted.type, artifact.type)) &&
    fieldMatches(wanted.name, artifact.name) &&
    fieldMatches(wanted.version, artifact.version) &&
    fieldMatches(wanted.location, artifact.location) &&
    fieldMatches(wanted.reference, artifact.reference)
  );
}

export interface ResolveOptions {
  /** Asked only when an expectation allows it and nothing received fits. */
  priorArtifacts?: () => readonly Artifact[];
  /** More than one fit is an error, as at a trigger; else the first one counts. */
  requireUniqueMatches?: boolean;
}

export interface ResolvedArtifacts {
  resolvedArtifacts: Artifact[];
  /** The expectations, each with what it was bound to. */
  resolvedExpectedArtifacts: ExpectedArtifact[];
}

/**
 * Binds each expectation to a received artifact, else to one of the previous execution, else to its default.
 * Throws an InvalidInputError that names the expectation when nothing fits, or too much does.
 */
export function resolveExpectedArtifacts(
  expected: readonly ExpectedArtifact[],
  received: readonly Artifact[],
  options: ResolveOptions = {},
): ResolvedArtifacts {
  const unique = options.requireUniqueMatches ?? true;
  const resolvedExpectedArtifacts = expected.map((expectation) => {
    const boundArtifact =
      oneOf(expectation, received, unique) ??
      (expectation.usePriorArtifact
        ? oneOf(expectation, options.priorArtifacts?.() ?? [], unique)
        : undefined) ??
      (expectation.useDefaultArtifact ? expectation.defaultArtifact : undefined);
    if (boundArtifact === undefined) {
      throw new InvalidInputError(
        'artifact.unmatched',
        `Unmatched expected artifact ${describe(expectation)} could not be resolved.`,
      );
    }
    return { ...expectation, boundArtifact };
  });
  const seen = new Map<string, Artifact>();
  for (const { boundArtifact } of resolvedExpectedArtifacts)
    seen.set(artifactKey(boundArtifact), boundArtifact);
  return { resolvedArtifacts: [...seen.values()], resolvedExpectedArtifacts };
}

function oneOf(
  expectation: ExpectedArtifact,
  candidates: readonly Artifact[],
  unique: boolean,
): Artifact | undefined {
  const matches = candidates.filter((artifact) => matchesExpected(expectation, artifact));
  const different = new Map(matches.map((match) => [artifactKey(match), match]));
  if (unique && different.size > 1) {
    throw new InvalidInputError(
      'artifact.ambiguous',
      `Expected artifact ${describe(expectation)} matches multiple artifacts: ${[...different.values()]
        .map((artifact) => artifact.reference ?? artifact.name ?? artifact.type)
        .join(', ')}`,
    );
  }
  return matches[0];
}

function describe({ displayName, id, matchArtifact }: ExpectedArtifact): string {
  const wanted = matchArtifact.name ?? matchArtifact.reference ?? matchArtifact.type ?? 'anything';
  return `'${displayName ?? id ?? wanted}' (${matchArtifact.type ?? 'any type'}, ${wanted})`;
}
