import { describe, expect, it } from 'vitest';
import { counter, gauge, histogram, metricsRegistry } from './metrics.js';

describe('metrics', () => {
  it('hands out the same metric twice', async () => {
    const options = { name: 'test_things_total', help: 'things', labels: ['kind'] as const };
    counter(options).inc({ kind: 'a' });
    counter(options).inc({ kind: 'a' });
    expect(await metricsRegistry.getSingleMetricAsString('test_things_total')).toContain(
      'test_things_total{kind="a"} 2',
    );
  });

  it('refuses one name for two kinds', () => {
    counter({ name: 'test_twice_total', help: 'h' });
    expect(() => gauge({ name: 'test_twice_total', help: 'h' })).toThrow('another kind');
  });

  it('asks a gauge for its value when it is read', async () => {
    gauge({ name: 'test_now', help: 'h', collect: (it) => it.set(7) });
    histogram({ name: 'test_seconds', help: 'h' }).observe(0.2);
    const text = await metricsRegistry.metrics();
    expect(text).toContain('test_now 7');
    expect(text).toContain('test_seconds_count 1');
  });
});
