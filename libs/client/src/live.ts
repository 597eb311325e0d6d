import { errorOf, type GateClientOptions } from './gate-client.js';

/** One message of a live stream. */
export interface LiveMessage {
  /** Where to go on after the connection was lost. */
  id: string;
  /** `state`, `event`, `execution`, `open`, … */
  event: string;
  data: unknown;
}

export interface FollowOptions {
  signal?: AbortSignal;
  /** The id of the last message that was seen; the stream goes on after it. */
  after?: string;
}

/**
 * The messages of a live stream (`/pipelines/{id}/live`, `/applications/{application}/live`), until the signal aborts or
 * the server ends it. Server-sent events, as the WHATWG's HTML standard describes them.
 *
 * @throws GateError when the server refuses
 */
export async function* follow(
  { baseUrl, headers = {}, fetch: send = (request) => fetch(request) }: GateClientOptions,
  path: string,
  { signal, after }: FollowOptions = {},
): AsyncGenerator<LiveMessage> {
  const request = new Request(`${baseUrl.replace(/\/+$/, '')}${path}`, {
    headers: {
      ...headers,
      accept: 'text/event-stream',
      ...(after === undefined ? {} : { 'last-event-id': after }),
    },
    ...(signal === undefined ? {} : { signal }),
  });
  const response = await send(request);
  if (!response.ok || response.body === null) throw await errorOf(response);
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const blocks = text.split(/\r?\n\r?\n/);
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const message = messageOf(block);
      if (message !== undefined) yield message;
    }
  }
}

function messageOf(block: string): LiveMessage | undefined {
  const fields = { id: '', event: 'message', data: [] as string[] };
  for (const line of block.split(/\r?\n/)) {
    const [, name, value = ''] = /^(id|event|data): ?(.*)$/.exec(line) ?? [];
    if (name === 'data') fields.data.push(value);
    else if (name === 'id' || name === 'event') fields[name] = value;
  }
  if (fields.data.length === 0) return undefined;
  return { id: fields.id, event: fields.event, data: JSON.parse(fields.data.join('\n')) as unknown };
}
