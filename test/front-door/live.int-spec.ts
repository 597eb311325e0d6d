import { get } from 'node:http';
import { listenHttp } from '@gennaker/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FrontDoor, startFrontDoor } from './front-door.suite.js';

interface Message {
  id: string;
  event: string;
  data: { type?: string; version?: number; status?: string; stream?: string };
}

/** Opens a stream, and collects messages until `enough` says so. */
function follow(
  url: string,
  enough: (messages: Message[]) => boolean,
  headers: Record<string, string> = {},
): Promise<Message[]> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const messages = parse(text);
        if (!enough(messages)) return;
        request.destroy();
        resolve(messages);
      });
    });
    request.on('error', (error) =>
      (error as { code?: string }).code === 'ECONNRESET' ? undefined : reject(error),
    );
  });
}

function parse(text: string): Message[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .filter((block) => block.includes('data: '))
    .map((block) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
      return { id: field('id'), event: field('event'), data: JSON.parse(field('data')) as Message['data'] };
    });
}

describe('live streams', () => {
  let door: FrontDoor;
  let base: string;
  beforeAll(async () => {
    door = await startFrontDoor();
    base = await listenHttp(door.app, { host: '127.0.0.1', port: 0, allowUnauthenticatedNetwork: false });
  });
  afterAll(() => door.close());

  const start = async (waitTime: number): Promise<string> => {
    const stages = [{ type: 'wait', waitTime, refId: '1', requisiteStageRefIds: [] }];
    const reply = await door.call('POST', '/pipelines/start', { application: 'live', name: 'p', stages });
    return (reply.json as { ref: string }).ref;
  };
  const ended = (messages: Message[]) => messages.some(({ data }) => data.type === 'ExecutionCompleted');

  it('begin with the state and go on with every event, without a gap', async () => {
    const ref = await start(600);
    await door.until(ref, ({ json }) => (json as { status: string }).status === 'RUNNING');
    let cancelled: Promise<unknown> | undefined;
    const [state, ...events] = await follow(`${base}${ref}/live`, (messages) => {
      if (messages.length > 0) cancelled ??= door.call('PUT', `${ref}/cancel`);
      return ended(messages);
    });
    await cancelled;
    expect(state).toMatchObject({ event: 'state', data: { type: 'PIPELINE' } });
    const versions = [Number(state?.id), ...events.map(({ id }) => Number(id))];
    expect(versions).toEqual(versions.map((_version, index) => (versions[0] ?? 0) + index));
  });

  it('go on after the last event that a client has seen, with exactly what it has missed', async () => {
    const ref = await start(0);
    const done = await door.until(ref, ({ json }) => (json as { status: string }).status === 'SUCCEEDED');
    const { version } = done.json as { version: number };
    const messages = await follow(`${base}${ref}/live`, ended, { 'Last-Event-ID': '2' });
    expect(messages.map(({ id }) => Number(id))).toEqual(
      Array.from({ length: version - 2 }, (_, index) => index + 3),
    );
    expect(messages.every(({ event }) => event === 'event')).toBe(true);
  });

  it('tell of everything in an application, and of what a client has missed', async () => {
    const following = follow(`${base}/applications/live/live`, ended);
    const ref = await start(0);
    const messages = await following;
    expect(messages[0]).toMatchObject({ event: 'open' });
    expect(messages.slice(1).every(({ data }) => data.stream === `execution-${ref.split('/').at(-1)}`)).toBe(
      true,
    );
    const first = messages[1]?.id ?? '';
    const again = await follow(`${base}/applications/live/live`, ended, { 'Last-Event-ID': first });
    expect(again.filter(({ event }) => event === 'execution').map(({ id }) => id)).toEqual(
      messages.slice(2).map(({ id }) => id),
    );
  });

  it('answer 404 for an execution that is not there', async () => {
    expect((await door.call('GET', '/pipelines/none/live')).status).toBe(404);
  });
});
