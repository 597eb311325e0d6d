import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFuzz } from '../../tools/fuzz/run-fuzz.js';
import { seedInstallation } from '../../tools/fuzz/seed.js';
import { type FrontDoor, startFrontDoor } from '../front-door/front-door.suite.js';

/** A short run of `npm run fuzz`: every operation some times, with requests that are the same in every run. */
describe('requests of all kinds', () => {
  let door: FrontDoor;
  beforeAll(async () => {
    door = await startFrontDoor();
  });
  afterAll(() => door.close());

  it('never meet an error of ours, a stack trace or a silence', async () => {
    const known = await seedInstallation(
      async (method, path, body) => (await door.call(method, path, body)).json,
    );
    const report = await runFuzz({
      document: (await door.call('GET', '/v3/api-docs')).json,
      seed: 7,
      count: 1_500,
      concurrency: 4,
      known,
      send: async ({ method, url, headers, body }) => {
        const reply = await door.app.inject({ method: method as 'GET', url, headers, payload: body });
        return { status: reply.statusCode, headers: reply.headers, text: reply.body };
      },
    });
    expect(report.failures).toEqual([]);
    expect(report.requests).toBe(1_500);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  }, 120_000);
});
