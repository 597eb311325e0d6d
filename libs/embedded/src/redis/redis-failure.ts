import { EmbeddedServerError } from '../embedded-server.error.js';
import { diskFull } from '../data-folder.js';
import { portBusy } from '../free-port.js';

/** Reads the reason of a failed start from Redis' own words; undefined when it is none of the common ones. */
export function explainRedisFailure(
  lines: string[],
  where: { folder: string; port: number },
): EmbeddedServerError | undefined {
  const text = lines.join('\n');
  if (/Address already in use/i.test(text)) return portBusy(where.port, 'the embedded Redis');
  if (/No space left on device|Disk quota exceeded/i.test(text)) return diskFull(where.folder);
  if (/Can't handle RDB format version|Unknown RDB|unsupported .*version/i.test(text)) {
    return new EmbeddedServerError(
      'embedded.data_from_newer_version',
      `The data folder ${where.folder} was written by a newer Redis than the one of this machine: start the newer one, or remove the folder (the queue is rebuilt from the database).`,
      { details: { folder: where.folder } },
    );
  }
  if (/Bad file format reading the append only file|AOF .*(corrupt|is invalid)/i.test(text)) {
    return new EmbeddedServerError(
      'embedded.data_damaged',
      `The data folder ${where.folder} is damaged: remove it (the queue is rebuilt from the database).`,
      { details: { folder: where.folder } },
    );
  }
  return undefined;
}
