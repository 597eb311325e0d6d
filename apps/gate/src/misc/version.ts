import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The version in the package.json that this code belongs to; `Unknown` where there is none. */
export const VERSION = findVersion(import.meta.dirname);

function findVersion(folder: string): string {
  try {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    if (name === 'gennaker' && typeof version === 'string') return version;
  } catch {
    // Not in this folder: the one above is next.
  }
  const parent = dirname(folder);
  return parent === folder ? 'Unknown' : findVersion(parent);
}
