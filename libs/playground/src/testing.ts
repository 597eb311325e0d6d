import { afterAll, beforeAll, expect, vi } from 'vitest';
import { startPlayground, type Playground, type PlaygroundOptions } from './playground.js';

export interface Answer<T = Record<string, never>> {
  status: number;
  body: T;
}

export interface Reader {
  /** The next event; waits for it. */
  next(): Promise<{ type: string; object: Seen }>;
  close(): void;
}

/** An object as a test looks at it. */
export interface Seen {
  kind: string;
  metadata: {
    name: string;
    uid: string;
    resourceVersion: string;
    generation?: number;
    annotations?: Record<string, string>;
    labels?: Record<string, string>;
    continue?: string;
    remainingItemCount?: number;
  };
  spec: Record<string, unknown>;
  status: Record<string, unknown>;
  items: Seen[];
  message: string;
  code: number;
  reason: string;
  [field: string]: unknown;
}

/** A playground for the tests of one file, with the shortest way to speak to it. */
export class TestCluster {
  playground!: Playground;

  static forFile(options: PlaygroundOptions = {}): TestCluster {
    const cluster = new TestCluster();
    beforeAll(async () => {
      cluster.playground = await startPlayground(options);
    });
    afterAll(() => cluster.playground.stop());
    return cluster;
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
  ): Promise<Answer<Seen>> {
    const response = await fetch(this.playground.url + path, {
      method,
      headers: body === undefined ? {} : { 'content-type': contentType, 'user-agent': 'spec/1' },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return { status: response.status, body: (isJson ? JSON.parse(text) : { message: text }) as Seen };
  }

  /** Like `send`, and fails the test unless the answer is a success. */
  async call(method: string, path: string, body?: unknown, contentType?: string): Promise<Seen> {
    const answer = await this.send(method, path, body, contentType);
    expect(answer, `${method} ${path}: ${answer.body.message}`).toMatchObject({
      status: expect.toSatisfy((s: number) => s < 300),
    });
    return answer.body;
  }

  /** Reads until the object looks as wished. */
  async until(path: string, wished: (object: Seen) => boolean): Promise<Seen> {
    return vi.waitFor(
      async () => {
        const { status, body } = await this.send('GET', path);
        if (status !== 200 || !wished(body))
          throw new Error(`${path}: not yet: ${JSON.stringify(body['status'] ?? body)}`);
        return body;
      },
      { timeout: 10_000, interval: 20 },
    );
  }

  async watch(path: string): Promise<Reader> {
    const controller = new AbortController();
    const response = await fetch(this.playground.url + path, { signal: controller.signal });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const decoder = new TextDecoder();
    let text = '';
    return {
      async next() {
        while (!text.includes('\n')) {
          const { value, done } = await reader.read();
          if (done) throw new Error('the watch ended');
          text += decoder.decode(value, { stream: true });
        }
        const end = text.indexOf('\n');
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        return JSON.parse(line) as { type: string; object: Seen };
      },
      close: () => controller.abort(),
    };
  }
}

const PREFIX = 'playground.gennaker.io/';

/** A workload manifest with short annotation names. */
export function workload(
  kind: string,
  name: string,
  annotations: Record<string, string> = {},
  spec: Record<string, unknown> = {},
): Record<string, unknown> {
  const isJob = kind === 'Job';
  const { podSpec, ...rest } = spec;
  return {
    apiVersion: isJob ? 'batch/v1' : 'apps/v1',
    kind,
    metadata: { name },
    spec: {
      ...(isJob ? {} : { selector: { matchLabels: { app: name } } }),
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
      template: {
        metadata: {
          labels: { app: name },
          annotations: Object.fromEntries(
            Object.entries(annotations).map(([key, value]) => [PREFIX + key, value]),
          ),
        },
        spec: {
          ...(isJob ? { restartPolicy: 'Never' } : {}),
          containers: [{ name: 'app', image: 'registry.example/app:1' }],
          ...(podSpec as object | undefined),
        },
      },
      ...rest,
    },
  };
}
