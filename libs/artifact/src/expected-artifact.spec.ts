import { describe, expect, it } from 'vitest';
import { type Artifact, normaliseArtifact } from './artifact.js';
import { parseDockerImage } from './docker-image.js';
import { matchesExpected, normaliseExpectedArtifact, resolveExpectedArtifacts } from './expected-artifact.js';

const image: Artifact = { type: 'docker/image', name: 'reg/app', version: '1.2', reference: 'reg/app:1.2' };

describe('an expected artifact', () => {
  it.each([
    [{}, true],
    [{ type: 'docker/image', name: '' }, true],
    [{ name: 'reg/.*' }, true],
    [{ name: 'reg' }, false],
    [{ version: '1\\.\\d+' }, true],
    [{ location: 'eu' }, false],
    [{ reference: 'reg/app:1.2' }, true],
    [{ name: '(' }, false],
  ])('%j fits the image: %s', (matchArtifact, fits) => {
    expect(matchesExpected(normaliseExpectedArtifact({ matchArtifact }), image)).toBe(fits);
  });

  it('takes stored content for embedded content', () => {
    const expected = normaliseExpectedArtifact({ matchArtifact: { type: 'embedded/base64' } });
    expect(matchesExpected(expected, { type: 'remote/base64' })).toBe(true);
    expect(matchesExpected(expected, { type: 'http/file' })).toBe(false);
  });

  it('is bound to what was received, else to the previous execution, else to its default', () => {
    const expected = normaliseExpectedArtifact({
      id: 'e',
      matchArtifact: { name: 'reg/app' },
      usePriorArtifact: true,
      useDefaultArtifact: true,
      defaultArtifact: { name: 'reg/app', version: 'default' },
    });
    const versionOf = (received: Artifact[], prior: Artifact[]): string | undefined =>
      resolveExpectedArtifacts([expected], received, { priorArtifacts: () => prior }).resolvedArtifacts[0]
        ?.version;
    expect(versionOf([image], [{ ...image, version: '1.1' }])).toBe('1.2');
    expect(versionOf([], [{ ...image, version: '1.1' }])).toBe('1.1');
    expect(versionOf([], [])).toBe('default');
  });

  it('is an error when nothing fits, and when several do', () => {
    const expected = normaliseExpectedArtifact({ id: 'e', matchArtifact: { name: 'reg/app' } });
    expect(() => resolveExpectedArtifacts([expected], [])).toThrow("Unmatched expected artifact 'e'");
    const two = [image, { ...image, reference: 'reg/app:1.3' }];
    expect(() => resolveExpectedArtifacts([expected], two)).toThrow('matches multiple artifacts');
    expect(
      resolveExpectedArtifacts([expected], two, { requireUniqueMatches: false }).resolvedArtifacts,
    ).toEqual([image]);
  });
});

describe('reading an artifact', () => {
  it('moves unknown keys into the metadata and forgets nulls and kind', () => {
    expect(normaliseArtifact({ type: 't', name: null, kind: 'custom', id: 'x', metadata: { a: 1 } })).toEqual(
      {
        type: 't',
        metadata: { a: 1, id: 'x' },
      },
    );
  });
});

describe('an image reference', () => {
  it.each([
    ['nginx', 'nginx', null, null],
    ['reg:5000/nginx', 'reg:5000/nginx', null, null],
    ['reg:5000/nginx:1', 'reg:5000/nginx', '1', null],
    ['host:5000', 'host', '5000', null],
    ['nginx@sha256:ab', 'nginx', null, 'sha256:ab'],
    ['reg.repo:123@sha256:13', 'reg.repo:123', null, 'sha256:13'],
  ])('%s is %s, tag %s, digest %s', (reference, name, tag, digest) => {
    expect(parseDockerImage(reference)).toEqual({ name, tag, digest });
  });
});
