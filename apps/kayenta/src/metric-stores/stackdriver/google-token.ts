import { createSign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock } from '@gennaker/kernel';
import { z } from 'zod';
import type { StoreClient } from '../store-client.js';

const SCOPE = 'https://www.googleapis.com/auth/monitoring.read';
const METADATA_URL =
  'http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token';
const LIFETIME_SECONDS = 3_600;
/** A token is renewed this long before it ends. */
const EARLY_MS = 60_000;

const keySchema = z.object({
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string().optional(),
  token_uri: z.url().default('https://oauth2.googleapis.com/token'),
});
const tokenSchema = z.object({ access_token: z.string(), expires_in: z.number() });

/** Access tokens for Google's APIs: of a service account's key file (RFC 7523), else of the machine that we run on. */
export class GoogleToken {
  private current: { token: string; until: number } | undefined;
  private pending: Promise<string> | undefined;

  constructor(
    private readonly jsonPath: string | undefined,
    private readonly client: StoreClient,
    private readonly clock: Clock,
    private readonly metadataUrl = METADATA_URL,
  ) {}

  /** Callers that come together share one request. */
  async get(signal: AbortSignal): Promise<string> {
    if (this.current !== undefined && this.current.until > this.clock.now()) return this.current.token;
    this.pending ??= this.fetch(signal).finally(() => {
      this.pending = undefined;
    });
    return this.pending;
  }

  private async fetch(signal: AbortSignal): Promise<string> {
    const answer = this.jsonPath === undefined ? this.ofMachine(signal) : this.ofKey(this.jsonPath, signal);
    const { access_token, expires_in } = tokenSchema.parse(await answer);
    this.current = { token: access_token, until: this.clock.now() + expires_in * 1_000 - EARLY_MS };
    return access_token;
  }

  private ofMachine(signal: AbortSignal): Promise<unknown> {
    return this.client.json(
      { url: new URL(this.metadataUrl), headers: { 'metadata-flavor': 'Google' } },
      signal,
    );
  }

  private async ofKey(path: string, signal: AbortSignal): Promise<unknown> {
    const key = keySchema.parse(JSON.parse(await readFile(path, 'utf8')));
    const now = Math.floor(this.clock.now() / 1_000);
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const header = encode({
      alg: 'RS256',
      typ: 'JWT',
      ...(key.private_key_id && { kid: key.private_key_id }),
    });
    const claims = encode({
      iss: key.client_email,
      scope: SCOPE,
      aud: key.token_uri,
      iat: now,
      exp: now + LIFETIME_SECONDS,
    });
    const signature = createSign('RSA-SHA256')
      .update(`${header}.${claims}`)
      .sign(key.private_key, 'base64url');
    const body = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: `${header}.${claims}.${signature}`,
    });
    return this.client.json(
      {
        method: 'POST',
        url: new URL(key.token_uri),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: body.toString(),
      },
      signal,
    );
  }
}
