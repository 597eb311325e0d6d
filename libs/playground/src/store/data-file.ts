import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isObject } from '@gennaker/kernel';
import type { StoreSnapshot } from './store.js';

const FORMAT = 1;

/** What a data file holds besides the objects: the history that the metrics are drawn from. */
export interface DataFileContent {
  snapshot: StoreSnapshot;
  metrics: unknown;
}

/** Reads a saved cluster. Undefined when the file does not exist; a clear error when it cannot be used. */
export async function readDataFile(path: string): Promise<DataFileContent | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const content = parse(text);
  if (!isObject(content) || !isObject(content['snapshot'])) {
    throw new Error(
      `The playground's data file ${path} is damaged. Move it away to start with an empty cluster.`,
    );
  }
  if (content['format'] !== FORMAT) {
    throw new Error(
      `The playground's data file ${path} has format ${String(content['format'])}; this version reads ${FORMAT}. ` +
        'Move it away to start with an empty cluster.',
    );
  }
  return content as unknown as DataFileContent;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Writes the whole file beside the old one and swaps them, so that a crash leaves one of the two. */
export async function writeDataFile(path: string, content: DataFileContent): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.new`;
  await writeFile(temporary, JSON.stringify({ format: FORMAT, ...content }));
  await rename(temporary, path);
}
