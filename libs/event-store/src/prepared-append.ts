import type { AppendRequest } from './event.js';

/** An append as it goes to Postgres: what can fail in the making of it has failed by now. */
export interface PreparedAppend {
  request: AppendRequest;
  /** Each event's data as JSON. */
  datas: string[];
  meta: string;
  /** Length of the events' JSON, in UTF-16 code units. */
  size: number;
}

/** Throws when there are no events, or when one cannot be written as JSON. */
export function prepareAppend(request: AppendRequest): PreparedAppend {
  if (request.events.length === 0) throw new Error(`append to ${request.stream}: no events`);
  const datas = request.events.map((event) => JSON.stringify(event.data));
  const meta = JSON.stringify(request.meta ?? {});
  const size = datas.reduce((sum, data) => sum + data.length + meta.length, 0);
  return { request, datas, meta, size };
}
