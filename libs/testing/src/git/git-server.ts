import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const WHO = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', '-c', 'commit.gpgSign=false'];

/** Repositories of git over HTTP: git's own server program, `git http-backend`, behind a port of this machine. */
export class GitServer {
  readonly requests: { url: string; authorization: string | undefined }[] = [];
  /** What requests must show; everybody may ask when it is undefined. */
  authorization: string | undefined;
  /** `hang` never answers, an address is where requests are sent to instead. */
  instead: 'hang' | { location: string } | undefined;
  private readonly server: Server;

  private constructor(private readonly root: string) {
    this.server = createServer((request, response) => this.answer(request, response));
  }

  static async start(): Promise<GitServer> {
    const made = new GitServer(await mkdtemp(join(tmpdir(), 'gennaker-git-server-')));
    await new Promise<void>((resolve) => made.server.listen(0, '127.0.0.1', resolve));
    return made;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Where a repository is on disk. */
  folderOf(repository: string): string {
    return join(this.root, repository);
  }

  /** Adds files to a branch, and perhaps a tag. Gives the commit's id. */
  async commit(
    repository: string,
    branch: string,
    files: Record<string, string | Buffer>,
    tag?: string,
  ): Promise<string> {
    const bare = this.folderOf(repository);
    const work = `${bare}.work`;
    await run('git', ['init', '--quiet', '--bare', bare]);
    await run('git', ['init', '--quiet', work]);
    const git = (...args: string[]) => run('git', ['-C', work, ...WHO, ...args]);
    await git('checkout', '--quiet', '-B', branch);
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(work, path)), { recursive: true });
      await writeFile(join(work, path), content);
    }
    await git('add', '--all');
    await git('commit', '--quiet', '--message', `Change ${Object.keys(files).join(', ')}`);
    await git('push', '--quiet', '--force', bare, `HEAD:refs/heads/${branch}`);
    if (tag !== undefined) await git('push', '--quiet', bare, `HEAD:refs/tags/${tag}`);
    return (await git('rev-parse', 'HEAD')).stdout.trim();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
    });
    await rm(this.root, { recursive: true, force: true });
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { authorization } = request.headers;
    this.requests.push({ url: request.url ?? '/', authorization });
    if (this.instead === 'hang') return;
    if (this.instead !== undefined) {
      response.writeHead(302, { location: `${this.instead.location}${request.url}` }).end();
    } else if (this.authorization !== undefined && authorization !== this.authorization) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    } else this.serve(request, response);
  }

  /** The Common Gateway Interface, RFC 3875: variables and a body in; headers, an empty line and a body out. */
  private serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.url);
    const { 'content-type': type, 'content-encoding': encoding, 'git-protocol': protocol } = request.headers;
    const env = {
      GIT_PROJECT_ROOT: this.root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: type ?? '',
      HTTP_CONTENT_ENCODING: encoding ?? '',
      GIT_PROTOCOL: Array.isArray(protocol) ? '' : (protocol ?? ''),
    };
    const backend = spawn('git', ['http-backend'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
    backend.stdin.on('error', () => undefined);
    request.pipe(backend.stdin);
    const chunks: Buffer[] = [];
    backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    backend.on('close', () => {
      const all = Buffer.concat(chunks);
      const end = all.indexOf('\r\n\r\n');
      const head = all.subarray(0, end).toString('latin1').split('\r\n');
      const headers = new Map(head.map((line) => line.split(/:\s*/, 2) as [string, string]));
      const status = Number.parseInt(headers.get('Status') ?? '200', 10);
      headers.delete('Status');
      response.writeHead(status, Object.fromEntries(headers)).end(all.subarray(end + 4));
    });
  }
}
