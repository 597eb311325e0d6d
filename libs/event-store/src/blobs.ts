import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type pg from 'pg';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Content-addressed bytes: what is too big for an event is stored once, and events carry its digest. */
export class BlobStore {
  constructor(private readonly pool: pg.Pool) {}

  /** Stores the bytes once, however often they come. Returns their SHA-256 in hex. */
  async put(bytes: Uint8Array): Promise<string> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await this.pool.query(
      'insert into es.blob (sha256, size, bytes) values ($1, $2, $3) on conflict (sha256) do nothing',
      [sha256, bytes.byteLength, await compress(bytes, { level: 1 })],
    );
    return sha256;
  }

  async get(sha256: string): Promise<Buffer | undefined> {
    const { rows } = await this.pool.query<{ bytes: Buffer }>('select bytes from es.blob where sha256 = $1', [
      sha256,
    ]);
    return rows[0] && decompress(rows[0].bytes);
  }
}
