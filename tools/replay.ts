import { readFileSync } from 'node:fs';
import { type ExecutionEvent, recheck } from '@gennaker/execution';
import pg from 'pg';

/**
 * `npm run replay -- <file | postgres://…>`: decides recorded executions again with today's code, and reports every stream
 * in which it would decide otherwise. A file holds one `{ "stream": …, "events": [{ "type", "data" }] }` per line, or is
 * such an object.
 */

interface History {
  stream: string;
  events: ExecutionEvent[];
}

const BATCH = 500;

async function* historiesIn(source: string): AsyncGenerator<History> {
  if (/^postgres(ql)?:/.test(source)) yield* fromDatabase(source);
  else yield* fromFile(readFileSync(source, 'utf8'));
}

function fromFile(text: string): History[] {
  try {
    const whole = JSON.parse(text) as History | History[];
    return Array.isArray(whole) ? whole : [whole];
  } catch {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    return lines.map((line) => JSON.parse(line) as History);
  }
}

async function* fromDatabase(url: string): AsyncGenerator<History> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (let after = ''; ;) {
      const { rows: streams } = await client.query<{ id: string }>(
        'select id from orca.execution where id > $1 order by id limit $2',
        [after, BATCH],
      );
      for (const { id } of streams) {
        const { rows } = await client.query<ExecutionEvent>(
          'select type, data from es.event where stream_id = $1 order by version',
          [`execution-${id}`],
        );
        yield { stream: `execution-${id}`, events: rows };
      }
      if (streams.length < BATCH) return;
      after = streams.at(-1)!.id;
    }
  } finally {
    await client.end();
  }
}

const [source] = process.argv.slice(2);
if (source === undefined) {
  process.stderr.write('usage: npm run replay -- <file of recorded streams, or postgres://…>\n');
  process.exit(2);
}

let streams = 0;
let different = 0;
for await (const { stream, events } of historiesIn(source)) {
  streams += 1;
  const difference = recheck(events);
  if (difference === undefined) continue;
  different += 1;
  const { version, recorded, decided } = difference;
  process.stdout.write(`${stream} at version ${version}: recorded ${recorded}, decided ${decided}\n`);
}
process.stdout.write(`${streams} streams, ${different} of them would be decided otherwise\n`);
process.exitCode = different === 0 ? 0 : 1;
