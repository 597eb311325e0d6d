import { Agent, request } from 'node:https';

/** An answer of the API server that is not a success. */
export class ApiError extends Error {
  constructor(status, body) {
    super(body?.message ?? `HTTP ${status}`);
    this.status = status;
  }
}

/** The few calls a kubelet makes. `server` is a URL, `ca` a PEM text, `token` a bearer token. */
export class ApiClient {
  #server;
  #options;

  constructor({ server, ca, token }) {
    this.#server = server;
    this.#options = {
      agent: new Agent({ keepAlive: true, ca }),
      headers: { authorization: `Bearer ${token}` },
    };
  }

  get(path) {
    return this.#send('GET', path);
  }

  post(path, body) {
    return this.#send('POST', path, body);
  }

  put(path, body) {
    return this.#send('PUT', path, body);
  }

  patch(path, body) {
    return this.#send('PATCH', path, body, 'application/strategic-merge-patch+json');
  }

  delete(path, body) {
    return this.#send('DELETE', path, body);
  }

  /** Calls `onEvent({type, object})` for each event until the server ends the watch; rejects when it breaks. */
  watch(path, onEvent, signal) {
    return new Promise((resolve, reject) => {
      const call = request(this.#server + path, { ...this.#options, signal }, (response) => {
        let rest = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) onEvent(JSON.parse(line));
        });
        response.on('end', resolve);
        response.on('error', reject);
      });
      call.on('error', reject);
      call.end();
    });
  }

  close() {
    this.#options.agent.destroy();
  }

  #send(method, path, body, type = 'application/json') {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = { ...this.#options.headers, accept: 'application/json' };
    if (text !== undefined) {
      headers['content-type'] = type;
      // Node sends no length with a DELETE that has a body, and the API server then answers 400.
      headers['content-length'] = Buffer.byteLength(text);
    }
    return new Promise((resolve, reject) => {
      const call = request(
        this.#server + path,
        { ...this.#options, method, headers, timeout: 30_000 },
        (response) => {
          const chunks = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const answer = parse(Buffer.concat(chunks).toString('utf8'));
            if (response.statusCode < 300) resolve(answer);
            else reject(new ApiError(response.statusCode, answer));
          });
        },
      );
      call.on('timeout', () => call.destroy(new Error(`${method} ${path} timed out`)));
      call.on('error', reject);
      call.end(text);
    });
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text };
  }
}
