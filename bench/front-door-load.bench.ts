import autocannon, { type Result } from 'autocannon';
import fastify, { type FastifyInstance } from 'fastify';
import pg from 'pg';
import { row } from './support/bench-stack.js';
import { APPLICATION, fill, type FrontDoor, openFrontDoor } from './support/front-door.js';

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 2);
/** Of many clients, each waits for many others: it takes longer until enough of them have been answered. */
const LOADS = [
  { clients: 1, seconds: SECONDS },
  { clients: 50, seconds: SECONDS },
  { clients: 500, seconds: 3 * SECONDS },
];

/** The ten that clients and open pages ask for most. */
function hottest(execution: string): string[] {
  return [
    '/applications',
    `/applications/${APPLICATION}?expand=false`,
    `/applications/${APPLICATION}/serverGroups`,
    `/applications/${APPLICATION}/serverGroupManagers`,
    `/applications/${APPLICATION}/loadBalancers`,
    `/applications/${APPLICATION}/pipelines?limit=30&statuses=RUNNING,SUSPENDED,PAUSED,NOT_STARTED&expand=true`,
    `/applications/${APPLICATION}/pipelines?limit=2&expand=false`,
    `/applications/${APPLICATION}/pipelineConfigs`,
    `/applications/${APPLICATION}/tasks?statuses=RUNNING,SUSPENDED,NOT_STARTED`,
    `/pipelines/${execution}`,
  ];
}

interface Query {
  name?: string;
  text: string;
  values?: unknown[];
}

/** What a request asks of the database. */
async function queriesOf(work: () => Promise<unknown>): Promise<Query[]> {
  const queries: Query[] = [];
  const { query } = pg.Client.prototype as unknown as { query: (...given: unknown[]) => unknown };
  const recording = function (this: unknown, ...given: unknown[]): unknown {
    const [asked, values] = given as [string | Query, unknown];
    if (typeof asked === 'string')
      queries.push({ text: asked, ...(Array.isArray(values) && { values: values as unknown[] }) });
    else if (typeof asked.text === 'string') {
      const { name, text, values: own } = asked;
      queries.push({ text, ...(name !== undefined && { name }), ...(own !== undefined && { values: own }) });
    }
    return query.apply(this, given);
  };
  Object.assign(pg.Client.prototype, { query: recording });
  try {
    await work();
    return queries;
  } finally {
    Object.assign(pg.Client.prototype, { query });
  }
}

/** Routes that ask the database the same and send the same bytes, with nothing in between. */
async function bareServer(door: FrontDoor, paths: string[]): Promise<{ app: FastifyInstance; url: string }> {
  const { pool } = door.stack.platform.database;
  const app = fastify();
  for (const [index, path] of paths.entries()) {
    let body = '';
    const ask = async () => (body = await (await fetch(`${door.url}${path}`)).text());
    // The second time what can be remembered is.
    await ask();
    const queries = (await queriesOf(ask)).filter(({ text }) => /^\s*(select|with)\b/i.test(text));
    app.get(`/${index}`, async (_, reply) => {
      await Promise.all(queries.map((query) => pool.query(query)));
      return reply.type('application/json; charset=utf-8').send(body);
    });
  }
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  return { app, url };
}

async function load(
  url: string,
  { clients, seconds }: { clients: number; seconds: number },
): Promise<Result> {
  const result = await autocannon({ url, connections: clients, duration: seconds, workers: 1 });
  if (result.requests.total === 0 || result.non2xx > 0 || result.errors > 0) {
    throw new Error(
      `${url}: ${result.requests.total} answers, ${result.non2xx} bad ones, ${result.errors} errors`,
    );
  }
  return result;
}

const door = await openFrontDoor();
let bare: { app: FastifyInstance; url: string } | undefined;
try {
  await fill(door, { pipelines: 200, executions: 10_000 });
  const { rows } = await door.stack.platform.database.pool.query<{ id: string }>(
    'select id from orca.execution order by id limit 1',
  );
  const paths = hottest(rows[0]!.id);
  bare = await bareServer(door, paths);
  console.log(
    `requests a second and p99, ${SECONDS} s each (with 500 clients ${3 * SECONDS}), against a bare Fastify route with the same SQL and bytes`,
  );
  for (const given of LOADS) {
    row(`\n${given.clients} clients`.padEnd(62), 'ours /s', 'bare /s', 'ratio', 'ours p99 ms', 'bare p99 ms');
    for (const [index, path] of paths.entries()) {
      const plain = await load(`${bare.url}/${index}`, given);
      const ours = await load(`${door.url}${path}`, given);
      const [a, b] = [ours.requests.average, plain.requests.average];
      row(
        path.slice(0, 60).padEnd(62),
        a.toFixed(0),
        b.toFixed(0),
        a / b,
        ours.latency.p99,
        plain.latency.p99,
      );
    }
  }
} finally {
  await bare?.app.close();
  await door.close();
}
process.exit(0);
