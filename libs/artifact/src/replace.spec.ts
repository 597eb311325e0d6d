import { readFileSync } from 'node:fs';
import { type JsonObject } from '@gennaker/kernel';
import { describe, expect, it } from 'vitest';
import { type Artifact, sameArtifact } from './artifact.js';
import { artifactPool, findArtifacts, replaceArtifacts } from './replace.js';
import { customReplacer, type DockerImageBinding, REPLACERS, type ReplacerName } from './replacers.js';

interface Case {
  id: string;
  op: 'find' | 'replace' | 'required_artifact_equality';
  replacers: ReplacerName[];
  namespace: string;
  account: string;
  dockerImageBinding?: DockerImageBinding;
  manifest: JsonObject;
  artifacts: Artifact[];
  expected_manifest: JsonObject;
  expected_bound: Artifact[];
  expected_found: Artifact[];
  expected_equal: boolean;
}

const cases = JSON.parse(
  readFileSync(new URL('./__fixtures__/artifact-cases.json', import.meta.url), 'utf8'),
) as Case[];
const of = (op: Case['op']): Case[] => cases.filter((one) => one.op === op);

describe('binding artifacts', () => {
  it.each(of('replace'))('$id', (one) => {
    const replacers = one.replacers.map((name) => REPLACERS[name]);
    const before = structuredClone(one.manifest);
    const result = replaceArtifacts(one.manifest, replacers, one.artifacts, one);
    expect(result.manifest).toEqual(one.expected_manifest);
    expect(result.boundArtifacts).toEqual(one.expected_bound);
    expect(one.manifest).toEqual(before);
  });

  it('lets the last of two images of one name win, and leaves tagged images alone under the older rule', () => {
    const pod = (image: string): JsonObject => ({
      spec: { template: { spec: { containers: [{ image }] } } },
    });
    const images = ['app:1', 'app:2'].map((reference) => ({ type: 'docker/image', name: 'app', reference }));
    const context = { namespace: 'ns', account: 'a' };
    const bound = replaceArtifacts(pod('app:0'), [REPLACERS.dockerImage], images, context);
    expect(bound.manifest).toEqual(pod('app:2'));
    expect(bound.boundArtifacts).toEqual(images);
    const older = { ...context, dockerImageBinding: 'match-name-only' as const };
    expect(replaceArtifacts(pod('app:0'), [REPLACERS.dockerImage], images, older).manifest).toEqual(
      pod('app:0'),
    );
    expect(replaceArtifacts(pod('app'), [REPLACERS.dockerImage], images, older).manifest).toEqual(
      pod('app:1'),
    );
  });

  it('keeps objects of another namespace or account out', () => {
    const manifest = { spec: { template: { spec: { volumes: [{ configMap: { name: 'cm' } }] } } } };
    const artifact = { type: 'kubernetes/configMap', name: 'cm', reference: 'cm-v001', location: 'ns' };
    const bind = (other: Artifact): Artifact[] =>
      replaceArtifacts(manifest, [REPLACERS.configMapVolume], [other], { namespace: 'ns', account: 'a' })
        .boundArtifacts;
    expect(bind(artifact)).toHaveLength(1);
    expect(bind({ ...artifact, location: 'elsewhere' })).toEqual([]);
    expect(bind({ ...artifact, metadata: { account: 'b' } })).toEqual([]);
    expect(bind({ ...artifact, type: undefined })).toEqual([]);
  });

  it('reaches into custom resources where an account says so', () => {
    const replacer = customReplacer({ type: 'docker/image', path: 'spec.workers[*].image' });
    const manifest = { spec: { workers: [{ image: 'a:1' }, { image: 'b:1' }] } };
    const artifacts = [{ type: 'docker/image', name: 'b', reference: 'b@sha256:00' }];
    const { manifest: result } = replaceArtifacts(manifest, [replacer], artifacts, {
      namespace: '',
      account: 'a',
    });
    expect(result).toEqual({ spec: { workers: [{ image: 'a:1' }, { image: 'b@sha256:00' }] } });
  });
});

describe('finding artifacts', () => {
  it.each(of('find'))('$id', (one) => {
    expect(
      findArtifacts(
        one.manifest,
        one.replacers.map((name) => REPLACERS[name]),
      ),
    ).toEqual(one.expected_found);
  });
});

describe('the pool of artifacts', () => {
  it.each(of('required_artifact_equality'))('$id', ({ artifacts, expected_equal }) => {
    expect(sameArtifact(artifacts[0]!, artifacts[1]!)).toBe(expected_equal);
  });

  it('prefers what the deploy itself made, then required, then optional artifacts', () => {
    const image = (version: string): Artifact => ({ type: 'docker/image', name: 'app', version });
    expect(artifactPool([image('r')], [image('o')], [])).toEqual([image('r')]);
    expect(artifactPool([image('r')], [image('o')], [image('c')])).toEqual([image('c')]);
    expect(artifactPool([], [image('o1'), image('o2')], [])).toEqual([image('o1')]);
  });
});
