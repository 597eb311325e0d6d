import type { HttpPort, HttpRequest, HttpResponse } from '@gennaker/stages';
import { request } from 'undici';

/** Requests of stages to addresses that users choose. */
export class UndiciHttp implements HttpPort {
  constructor(private readonly limits: { maxResponseBytes: number }) {}

  async request({ method, url, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
    const response = await request(url, {
      method: method as 'GET',
      ...(headers && { headers }),
      ...(body !== undefined && { body }),
      signal,
    });
    return {
      status: response.statusCode,
      headers: Object.fromEntries(
        Object.entries(response.headers).map(([name, value]) => [
          name,
          Array.isArray(value) ? value.join(', ') : (value ?? ''),
        ]),
      ),
      body: await bounded(response.body, this.limits.maxResponseBytes),
    };
  }
}

async function bounded(body: AsyncIterable<Buffer>, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > most) throw new Error(`the answer is larger than ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
