import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { historiesIn, type History } from './replay-source.js';

const submitted = { type: 'ExecutionSubmitted', data: { execution: { id: 'a' }, stages: [] } };
const history = { stream: 'execution-a', events: [submitted] };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gennaker-replay-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function read(text: string, only?: string): Promise<History[]> {
  const path = join(folder, 'source.json');
  writeFileSync(path, text);
  return all(path, only);
}

async function all(source: string, only?: string): Promise<History[]> {
  const found: History[] = [];
  for await (const one of historiesIn(source, only)) found.push(one);
  return found;
}

describe('recorded executions', () => {
  it.each([
    ['one', JSON.stringify(history, null, 2), ['execution-a']],
    [
      'a list',
      JSON.stringify([history, { ...history, stream: 'execution-b' }]),
      ['execution-a', 'execution-b'],
    ],
    [
      'one per line',
      `${JSON.stringify(history)}\n\n${JSON.stringify(history)}\n`,
      ['execution-a', 'execution-a'],
    ],
  ])('are read from a file: %s', async (_what, text, streams) => {
    expect((await read(text)).map(({ stream }) => stream)).toEqual(streams);
  });

  it('are read from what the API answers, with whatever else its events hold', async () => {
    const [found] = await read(JSON.stringify([{ ...submitted, version: 1, meta: {}, recordedAt: 1 }]));
    expect(found?.events[0]).toMatchObject(submitted);
  });

  it('are read from all files of a folder, and one of them alone', async () => {
    writeFileSync(join(folder, 'other.json'), JSON.stringify({ ...history, stream: 'execution-b' }));
    await read(JSON.stringify(history));
    expect((await all(folder)).length).toBe(2);
    expect((await all(folder, 'b')).map(({ stream }) => stream)).toEqual(['execution-b']);
    rmSync(join(folder, 'other.json'));
  });

  it.each([
    ['', /is empty/],
    ['{"events":', /neither JSON as a whole, nor is line 1/],
    [`${JSON.stringify(history)}\n{`, /line 2/],
    ['{"a":1}', /must be \{"stream"/],
    ['[{"stream":"x"}]', /\[0\]: must be/],
    ['{"stream":"x","events":[{"type":"T"}]}', /events\[0\] has no type, or no data/],
    ['{"stream":"x","events":[{"type":"TaskStarted","data":{}}]}', /first event must be ExecutionSubmitted/],
    ['{"stream":"x","events":[]}', /first event must be ExecutionSubmitted/],
  ])('are refused with what is wrong and where: %s', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  it('are refused where there is no file, and where there is no database', async () => {
    await expect(all(join(folder, 'none'))).rejects.toThrow(/no such file or folder/);
    await expect(all('postgres://user:secret@127.0.0.1:1/none')).rejects.toThrow(
      /^the database: (?!.*secret)/,
    );
  });
});
