import { isPlainObject, type PlainObject, type Value } from '../values/value.js';

const MAIN_BRANCHES = ['master', 'develop'];

/**
 * The source that was built: of several, the first whose branch is neither master nor develop, else the first. Read from
 * the stage's `buildInfo`, else from that of a Jenkins or Concourse trigger.
 */
export function scmInfoOf(buildInfo: Value | undefined, trigger: PlainObject): Value | undefined {
  const scm = sourcesOf(buildInfo) ?? sourcesOf(trigger['buildInfo']);
  if (!scm) return undefined;
  const [first] = scm;
  if (scm.length < 2) return first;
  return scm.find((source) => !MAIN_BRANCHES.includes(String(source['branch']))) ?? first;
}

function sourcesOf(buildInfo: Value | undefined): PlainObject[] | undefined {
  if (buildInfo === undefined || !isPlainObject(buildInfo) || !Array.isArray(buildInfo['scm']))
    return undefined;
  const sources = buildInfo['scm'].filter(isPlainObject);
  return sources.length > 0 ? sources : undefined;
}
