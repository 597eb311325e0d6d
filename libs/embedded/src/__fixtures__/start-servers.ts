/** Started as a process of its own by the tests, to be killed. Argument: the folder for the data. */
import { join } from 'node:path';
import { startEmbeddedPostgres, startEmbeddedRedis } from '../index.js';

const folder = process.argv[2]!;
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), mode: 'durable' });
const redis = await startEmbeddedRedis({ dataDir: join(folder, 'redis'), durable: true });
const pids = [postgres.pid, redis.server?.pid].filter((pid) => pid !== undefined);
process.stdout.write(`${JSON.stringify(pids)}\n`);
setInterval(() => undefined, 60_000);
