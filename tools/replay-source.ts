import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionEvent } from '@gennaker/execution';
import { isObject, messageOf } from '@gennaker/kernel';
import pg from 'pg';

/** A recorded execution. */
export interface History {
  stream: string;
  events: ExecutionEvent[];
}

/** What was given cannot be decided again; the message says what is wrong and where. */
export class UnreadableError extends Error {}

const BATCH = 500;

/**
 * The recorded executions of a file, a folder or a database; `only` one of them, by its id.
 *
 * @throws UnreadableError
 */
export async function* historiesIn(source: string, only: string | undefined): AsyncGenerator<History> {
  if (/^postgres(ql)?:/.test(source)) yield* fromDatabase(source, only);
  else {
    for (const history of fromPath(source)) {
      if (only === undefined || history.stream === `execution-${only}`) yield history;
    }
  }
}

function fromPath(path: string): History[] {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch {
    throw new UnreadableError(`${path}: there is no such file or folder`);
  }
  if (!isFolder) return fromText(readFileSync(path, 'utf8'), path);
  const names = readdirSync(path).filter((name) => name.endsWith('.json'));
  if (names.length === 0) throw new UnreadableError(`${path}: there is no .json file in it`);
  return names.flatMap((name) => fromText(readFileSync(join(path, name), 'utf8'), join(path, name)));
}

function fromText(text: string, path: string): History[] {
  if (text.trim() === '') throw new UnreadableError(`${path}: is empty`);
  const whole = jsonOf(text);
  if (whole !== undefined) return historiesOf(whole.value, path);
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const one = jsonOf(line);
    if (one === undefined) {
      throw new UnreadableError(`${path}: neither JSON as a whole, nor is line ${index + 1}`);
    }
    return historiesOf(one.value, `${path}, line ${index + 1}`);
  });
}

function jsonOf(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** A history, a list of histories, or a list of events of one execution. */
function historiesOf(value: unknown, where: string): History[] {
  if (!Array.isArray(value)) return [historyOf(value, where)];
  if (value.length > 0 && value.every((one) => isObject(one) && 'type' in one)) {
    return [historyOf({ stream: where, events: value }, where)];
  }
  return value.map((one, index) => historyOf(one, `${where}, [${index}]`));
}

function historyOf(value: unknown, where: string): History {
  if (!isObject(value) || !Array.isArray(value['events'])) {
    throw new UnreadableError(`${where}: must be {"stream": …, "events": […]}, or a list of events`);
  }
  const events = value['events'] as unknown[];
  const odd = events.findIndex(
    (event) => !isObject(event) || typeof event['type'] !== 'string' || !isObject(event['data']),
  );
  if (odd >= 0) throw new UnreadableError(`${where}: events[${odd}] has no type, or no data`);
  if ((events[0] as ExecutionEvent | undefined)?.type !== 'ExecutionSubmitted') {
    throw new UnreadableError(
      `${where}: the first event must be ExecutionSubmitted; is this a later page of the events of an execution?`,
    );
  }
  const { stream } = value;
  return { stream: typeof stream === 'string' ? stream : where, events: events as ExecutionEvent[] };
}

async function* fromDatabase(url: string, only: string | undefined): AsyncGenerator<History> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    for (let after = ''; ;) {
      const { rows: streams } = await client.query<{ id: string }>(
        `select id from orca.execution where id > $1 and ($3::text is null or id = $3) order by id limit $2`,
        [after, BATCH, only ?? null],
      );
      for (const { id } of streams) yield await streamOf(client, `execution-${id}`);
      if (streams.length < BATCH) return;
      after = streams.at(-1)!.id;
    }
  } catch (error) {
    // A database's address may hold a password: it is not repeated.
    throw new UnreadableError(`the database: ${messageOf(error) || 'cannot be reached'}`, { cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function streamOf(client: pg.Client, stream: string): Promise<History> {
  const { rows } = await client.query<ExecutionEvent>(
    'select type, data from es.event where stream_id = $1 order by version',
    [stream],
  );
  return { stream, events: rows };
}
