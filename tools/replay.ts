import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { recheck } from '@gennaker/execution';
import { messageOf } from '@gennaker/kernel';
import { historiesIn, type History, UnreadableError } from './replay-source.js';

const USAGE = `usage: npm run replay -- <file | folder | postgres://…> [--only <execution id>] [--save <file>]

Decides recorded executions again with today's code, and reports every stream in which it would decide otherwise; then
it exits with 1. A source that cannot be read: 2.

  file      recorded streams: {"stream": …, "events": [{"type", "data"}, …]}, a list of such, one per line, or what
            GET /pipelines/<id>/events answers
  folder    all of its *.json files, such as test/histories
  database  all executions of an installation; only reads
  --only    just this execution
  --save    also writes what was read to a file, one stream per line: made in one place, decided again in another
`;

/** Decides it again. Returns what is to be said of it; undefined when all is as it was. */
function differenceOf({ stream, events }: History): string | undefined {
  try {
    const difference = recheck(events);
    if (difference === undefined) return undefined;
    const { version, recorded, decided } = difference;
    return `${stream} at version ${version}: recorded ${recorded}, decided ${decided}`;
  } catch (error) {
    return `${stream} cannot be decided again: ${messageOf(error)}`;
  }
}

async function replayAll(
  source: string,
  only: string | undefined,
  save: string | undefined,
): Promise<number> {
  let streams = 0;
  let different = 0;
  if (save !== undefined) writeFileSync(save, '');
  for await (const history of historiesIn(source, only)) {
    streams += 1;
    if (save !== undefined) writeFileSync(save, `${JSON.stringify(history)}\n`, { flag: 'a' });
    const difference = differenceOf(history);
    if (difference === undefined) continue;
    different += 1;
    process.stdout.write(`${difference}\n`);
  }
  if (streams === 0 && only !== undefined) throw new UnreadableError(`there is no execution ${only} in it`);
  process.stdout.write(`${streams} streams, ${different} of them would be decided otherwise\n`);
  return different === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { only: { type: 'string' }, save: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
    const [source, ...more] = positionals;
    if (values.help === true) {
      process.stdout.write(USAGE);
      return 0;
    }
    if (source === undefined || more.length > 0) {
      process.stderr.write(USAGE);
      return 2;
    }
    return await replayAll(source, values.only, values.save);
  } catch (error) {
    const known =
      error instanceof UnreadableError ||
      String((error as { code?: string }).code).startsWith('ERR_PARSE_ARGS');
    process.stderr.write(known ? `${messageOf(error)}\n` : `${String((error as Error).stack)}\n`);
    return 2;
  }
}

process.exitCode = await main();
