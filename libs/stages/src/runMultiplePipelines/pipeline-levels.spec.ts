import { describe, expect, it } from 'vitest';
import { pipelineLevels } from './pipeline-levels.js';

const levels = (bundle: unknown, checkDuplicated = true) =>
  pipelineLevels([bundle], { checkDuplicated }).map((level) =>
    level.map(({ yamlIdentifier }) => yamlIdentifier),
  );
const app = (child: string, ...depends: string[]) => ({ child_pipeline: child, depends_on: depends });

describe('a bundle of pipelines', () => {
  it('runs in levels: each after those that it depends on', () => {
    expect(
      levels({ bundle_web: { a: app('p'), b: app('q', 'a'), c: app('r'), d: app('s', 'b', 'c') } }),
    ).toEqual([['a', 'c'], ['b'], ['d']]);
  });

  it('may be written as YAML, with settings of its own beside the pipelines', () => {
    const yaml = 'web:\n  rollback_onfailure: true\n  a: {child_pipeline: p, arguments: {tag: 1}}\n';
    expect(pipelineLevels([yaml], { checkDuplicated: true })).toEqual([
      [{ yamlIdentifier: 'a', child_pipeline: 'p', arguments: { tag: 1 }, depends_on: [] }],
    ]);
  });

  it.each([
    [{}, /names no pipeline/],
    ['a: [', /not valid YAML/],
    [{ web: { a: {} } }, /yamlConfig\[0\]\.a\.child_pipeline/],
    [{ web: { a: app('p', 'x') } }, /no pipeline "x"/],
    [{ web: { a: app('p', 'b'), b: app('q', 'a') } }, /circle: a, b/],
    [{ web: { a: app('p'), b: app('p') } }, /same arguments as a/],
  ])('is refused when it is wrong: case %#', (bundle, message) => {
    expect(() => levels(bundle)).toThrow(message);
  });

  it('may run the same thing twice when asked to', () => {
    expect(levels({ web: { a: app('p'), b: app('p') } }, false)).toEqual([['a', 'b']]);
  });
});
