import type { EmbeddedServerError } from '../embedded-server.error.js';
import { diskFull } from '../data-folder.js';
import { portBusy } from '../free-port.js';

/** Reads the reason of a failed start or initdb from PostgreSQL's own words; undefined when it is none of the common ones. */
export function explainPostgresFailure(
  lines: string[],
  where: { folder: string; port: number },
): EmbeddedServerError | undefined {
  const text = lines.join('\n');
  if (/could not bind .* address/i.test(text)) return portBusy(where.port, 'the embedded PostgreSQL');
  if (/No space left on device|Disk quota exceeded/i.test(text)) return diskFull(where.folder);
  return undefined;
}
