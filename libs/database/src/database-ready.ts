import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, UnavailableError } from '@gennaker/kernel';
import pg from 'pg';

export interface ReadyOptions {
  /** `postgres://user:password@host:port/database`. */
  url: string;
  /** Milliseconds after which nobody waits any more. */
  waitMs: number;
  /** Told before each pause what is missing, and how many milliseconds the pause takes. */
  onWait: (reason: string, pauseMs: number) => void;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** Codes of the system and of Postgres for a server that is not there yet, or not there for us yet. */
const PASSING = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  '53300',
  '57P01',
  '57P02',
  '57P03',
]);
/** What `pg` says, without a code, of a server that hangs up or does not answer in time. */
const PASSING_TEXT = /^(timeout expired|Connection terminated)/;

/**
 * Waits, with back-off, until Postgres takes connections: services may be started in any order.
 *
 * @throws UnavailableError in one sentence, when it does not within `waitMs`, or when no waiting will help, as with a
 * wrong password
 */
export async function databaseReady({ url, waitMs, onWait }: ReadyOptions): Promise<void> {
  const server = serverOf(url);
  const deadline = Date.now() + waitMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const failure = await failureOfConnection(url);
    if (failure === undefined) return;
    const reason = reasonOf(failure);
    const left = deadline - Date.now();
    if (!isPassing(failure) || left <= 0) {
      throw new UnavailableError(
        'database.unavailable',
        `Postgres at ${server} cannot be used: ${reason}. Check DATABASE_URL and the server`,
        { cause: failure },
      );
    }
    const pause = Math.min(pauseMs, left);
    onWait(`Postgres at ${server} cannot be used yet: ${reason}`, pause);
    await sleep(pause);
  }
}

async function failureOfConnection(url: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // A server that stops while it greets us says so as an event.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function isPassing(failure: unknown): boolean {
  return causesOf(failure).some(
    (cause) => PASSING.has(String((cause as { code?: unknown }).code)) || PASSING_TEXT.test(messageOf(cause)),
  );
}

/** Where a name has several addresses, the failure of each. */
function causesOf(failure: unknown): unknown[] {
  return failure instanceof AggregateError ? failure.errors : [failure];
}

function reasonOf(failure: unknown): string {
  return causesOf(failure).map(messageOf).join(', ');
}

/** Host, port and database: never the password. */
function serverOf(url: string): string {
  if (!URL.canParse(url)) return 'DATABASE_URL';
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
