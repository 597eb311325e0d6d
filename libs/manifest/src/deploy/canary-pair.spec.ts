import { describe, expect, it } from 'vitest';
import { type Manifest } from '../manifest.js';
import { canaryPair, canarySize } from './canary-pair.js';

const running: Manifest = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'web',
    namespace: 'ns',
    uid: 'u',
    resourceVersion: '5',
    labels: { team: 'a' },
    annotations: { 'deployment.kubernetes.io/revision': '4', own: 'kept' },
  },
  spec: {
    replicas: 10,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'app', image: 'web:1' }] },
    },
  },
  status: { replicas: 10 },
};
const next: Manifest = {
  ...running,
  metadata: { name: 'web' },
  spec: {
    ...(running['spec'] as object),
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'app', image: 'web:2' }] },
    },
  },
};

describe('the pair for an analysis', () => {
  const { baseline, canary } = canaryPair(running, next, { replicas: 2 });

  it('differs in nothing but its role and what is new', () => {
    expect(baseline).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name: 'web-baseline',
        namespace: 'ns',
        labels: { team: 'a', 'canary.spinnaker.io/role': 'baseline' },
        annotations: { own: 'kept' },
      },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web', 'canary.spinnaker.io/role': 'baseline' } },
        template: {
          metadata: { labels: { app: 'web', 'canary.spinnaker.io/role': 'baseline' }, annotations: {} },
          spec: { containers: [{ name: 'app', image: 'web:1' }] },
        },
      },
    });
    expect(canary).toMatchObject({
      metadata: { name: 'web-canary', namespace: 'ns' },
      spec: { replicas: 2, template: { spec: { containers: [{ image: 'web:2' }] } } },
    });
  });

  it.each([
    [{ replicas: 3 }, 3],
    [{ percentage: 25 }, 3],
    [{ percentage: 1 }, 1],
    [{}, 1],
    [{ replicas: 0 }, 1],
  ])('is for %j as big as %i', (wanted, size) => {
    expect(canarySize(running, wanted)).toBe(size);
  });
});
