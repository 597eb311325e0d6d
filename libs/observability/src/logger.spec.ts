import { afterEach, describe, expect, it } from 'vitest';
import { withFreshLogContext, withLogContext } from './log-context.js';
import { configureLogging, logger } from './logger.js';
import { rememberSecret } from './redact.js';

function capture(): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  configureLogging({
    service: 'test',
    level: 'debug',
    destination: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  return lines;
}

describe('logger', () => {
  afterEach(() => configureLogging({ service: 'test', level: 'silent' }));

  it('writes a constant message with fields and the context of the work that is running', async () => {
    const lines = capture();
    await withLogContext({ requestId: 'r1', executionId: 'e1' }, async () => {
      await Promise.resolve();
      logger('part').info('stage started', { stageId: 's1' });
    });
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'info',
        service: 'test',
        component: 'part',
        message: 'stage started',
        requestId: 'r1',
        executionId: 'e1',
        stageId: 's1',
      }),
    ]);
  });

  it('lets a field of the line win over the context', () => {
    const lines = capture();
    withLogContext({ application: 'a' }, () => logger('x').warn('m', { application: 'b' }));
    expect(lines[0]?.application).toBe('b');
  });

  it('inherits nothing in a fresh context', () => {
    const lines = capture();
    withLogContext({ user: 'someone' }, () =>
      withFreshLogContext({ requestId: 'r' }, () => logger('x').info('m')),
    );
    expect(lines[0]).not.toHaveProperty('user');
  });

  it('hides secrets by field name, by value and inside URLs, and keeps references to secrets', () => {
    const lines = capture();
    rememberSecret('hunter2-long');
    logger('x').error('failed with hunter2-long', {
      headers: { Authorization: 'Bearer abc', 'x-spinnaker-token': 'spk_1', accept: 'json' },
      reference: { password: 'secret://vault/key' },
      url: 'redis://user:pass@host:6379',
      error: new Error('cannot log in with hunter2-long', { cause: new Error('hunter2-long again') }),
    });
    const text = JSON.stringify(lines);
    expect(text).not.toMatch(/hunter2-long|Bearer abc|spk_1|:pass@/);
    expect(lines[0]).toMatchObject({
      headers: { accept: 'json' },
      reference: { password: 'secret://vault/key' },
      error: { type: 'Error', cause: { type: 'Error' } },
    });
  });

  it('survives values that JSON cannot hold', () => {
    const lines = capture();
    const circular: Record<string, unknown> = { big: 10n };
    circular.self = circular;
    logger('x').info('m', circular);
    expect(lines[0]).toMatchObject({ big: '10' });
  });
});
