import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import negotiate from '@fastify/accept-negotiator';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** Smaller answers are compressed as quickly as they are found. */
const SMALLEST = 16_000;
/** Bytes of compressed answers that are kept. */
const MOST = 32_000_000;
/** Part of them that one answer may take. */
const SHARE = 8;
const TEXT = /^(?:application\/(?:json|yaml)|text\/)/;
const CONTENT_TAG = 'W/';

const compressed = {
  br: (bytes: Buffer) =>
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: (bytes: Buffer) => promisify(gzip)(bytes, { level: 5 }),
};
const ENCODINGS = Object.keys(compressed) as (keyof typeof compressed)[];

/**
 * Compresses big answers once for all who ask for them: pages poll them, and few have changed since the last time. What
 * this leaves as it is, `@fastify/compress` sees after it.
 */
export function registerCompressedAnswers(fastify: FastifyInstance): void {
  const kept = new CompressedAnswers(MOST);

  fastify.addHook('onSend', async (request, reply, payload) => {
    if (!Buffer.isBuffer(payload) || payload.length < SMALLEST || !isPlainText(reply)) return payload;
    const tag = reply.getHeader('etag');
    const encoding = negotiate(request.headers['accept-encoding'] ?? '', ENCODINGS);
    // Only our weak tags stand for the bytes themselves.
    if (encoding === null || typeof tag !== 'string' || !tag.startsWith(CONTENT_TAG)) return payload;
    const vary = reply.getHeader('vary');
    void reply.headers({
      'Content-Encoding': encoding,
      Vary: vary === undefined ? 'Accept-Encoding' : `${String(vary)}, Accept-Encoding`,
    });
    return kept.of(`${encoding} ${tag}`, () => compressed[encoding](payload));
  });
}

function isPlainText(reply: FastifyReply): boolean {
  return TEXT.test(String(reply.getHeader('content-type'))) && !reply.hasHeader('content-encoding');
}

/** Compressed answers by their key, the longest unused of which go first. */
class CompressedAnswers {
  private readonly answers = new Map<string, Buffer>();
  private length = 0;

  constructor(private readonly maxLength: number) {}

  async of(key: string, compress: () => Promise<Buffer>): Promise<Buffer> {
    const known = this.answers.get(key);
    if (known !== undefined) {
      this.answers.delete(key);
      this.answers.set(key, known);
      return known;
    }
    const made = await compress();
    if (made.length <= this.maxLength / SHARE && !this.answers.has(key)) this.put(key, made);
    return made;
  }

  private put(key: string, bytes: Buffer): void {
    this.answers.set(key, bytes);
    this.length += bytes.length;
    for (const [oldest, { length }] of this.answers) {
      if (this.length <= this.maxLength) return;
      this.answers.delete(oldest);
      this.length -= length;
    }
  }
}
