import { createSign } from 'node:crypto';
import type { Artifact } from '@gennaker/artifact';
import { InvalidInputError, messageOf } from '@gennaker/kernel';
import { z } from 'zod';
import { readFile } from 'node:fs/promises';
import type { ArtifactAccountOf } from '../artifact-account.js';
import type { ArtifactRequest } from '../artifact-http.js';

const SCOPE = 'https://www.googleapis.com/auth/devstorage.read_only';
const LIFETIME_SECONDS = 600;

const keySchema = z.object({
  client_email: z.string(),
  private_key: z.string(),
  token_uri: z.url().default('https://oauth2.googleapis.com/token'),
});
const tokenSchema = z.object({ access_token: z.string() });

/** The request for `gs://bucket/object`, with `#generation` for an older one; the version is a generation, too. */
export async function gcsRequest(
  artifact: Artifact,
  account: ArtifactAccountOf<'gcs'>,
  ask: (request: ArtifactRequest) => Promise<Buffer>,
  now: number,
): Promise<ArtifactRequest> {
  const { reference = '' } = artifact;
  const [, bucket, object, fragment] = /^gs:\/\/([^/]+)\/([^#]+)(?:#(\d+))?$/.exec(reference) ?? [];
  if (bucket === undefined || object === undefined) {
    throw new InvalidInputError('artifact.bad_reference', [
      { path: 'artifact.reference', message: `must be gs://bucket/object, not "${reference}"` },
    ]);
  }
  const generation = fragment ?? artifact.version;
  const path = `/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(object)}`;
  const query = `?alt=media${generation ? `&generation=${encodeURIComponent(generation)}` : ''}`;
  const token = account.jsonPath === undefined ? undefined : await accessToken(account, ask, now);
  return {
    url: `${account.apiEndpoint.replace(/\/+$/, '')}${path}${query}`,
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
  };
}

/** An access token for a service account's key (RFC 7523). */
async function accessToken(
  { jsonPath = '', name }: ArtifactAccountOf<'gcs'>,
  ask: (request: ArtifactRequest) => Promise<Buffer>,
  now: number,
): Promise<string> {
  let key: z.output<typeof keySchema>;
  try {
    key = keySchema.parse(JSON.parse(await readFile(jsonPath, 'utf8')));
  } catch (error) {
    const why =
      (error as { code?: string }).code ?? (error instanceof SyntaxError ? 'no JSON' : messageOf(error));
    throw new InvalidInputError(
      'artifact.secret_unreadable',
      `the key file of the artifact account ${name} cannot be used (${why})`,
    );
  }
  const at = Math.floor(now / 1_000);
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const claims = {
    iss: key.client_email,
    scope: SCOPE,
    aud: key.token_uri,
    iat: at,
    exp: at + LIFETIME_SECONDS,
  };
  const unsigned = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`;
  const signature = createSign('RSA-SHA256').update(unsigned).sign(key.private_key, 'base64url');
  const answer = await ask({
    method: 'POST',
    url: key.token_uri,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: `${unsigned}.${signature}`,
    }).toString(),
  });
  return tokenSchema.parse(JSON.parse(answer.toString('utf8'))).access_token;
}
