import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FrontDoor, startFrontDoor } from './front-door.suite.js';

interface Event {
  type: string;
  meta: { actor: string; cause: string; correlationId?: string; from?: string; reason?: string };
}

describe('what follows from a request', () => {
  let door: FrontDoor;
  beforeAll(async () => {
    door = await startFrontDoor();
  });
  afterAll(() => door.close());

  const eventsOf = async (id: string): Promise<Event[]> =>
    (await door.call('GET', `/pipelines/${id}/events?limit=1000`)).json;

  it('is marked with it through all services, the executions that it starts in turn included', async () => {
    const stage = { refId: '1', requisiteStageRefIds: [] };
    const wait = { ...stage, type: 'wait', waitTime: 0 };
    await door.call('POST', '/pipelines', {
      application: 'marked',
      id: 'child',
      name: 'child',
      stages: [wait],
    });
    const start = { ...stage, type: 'pipeline', application: 'marked', pipeline: 'child' };
    const reply = await door.call(
      'POST',
      '/pipelines/start',
      { application: 'marked', name: 'parent', stages: [start] },
      { 'x-spinnaker-request-id': 'request-1', 'x-spinnaker-reason': 'Release 7' },
    );
    const { ref } = reply.json as { ref: string };
    const done = await door.until(ref, ({ json }) => (json as { status: string }).status === 'SUCCEEDED');
    const { stages } = done.json as { stages: { context: { executionId: string } }[] };
    const [first, ...others] = await eventsOf(ref.split('/').at(-1) ?? '');
    expect(first?.meta).toEqual({
      actor: 'anonymous',
      cause: 'POST /pipelines/start',
      correlationId: 'request-1',
      from: '127.0.0.1',
      reason: 'Release 7',
    });
    const child = await eventsOf(stages[0]?.context.executionId ?? '');
    expect(child.length).toBeGreaterThan(3);
    for (const { type, meta } of [...others, ...child])
      expect([type, meta]).toEqual([type, expect.objectContaining({ correlationId: 'request-1' })]);
  });
});
