import { withTimeLimit } from '@gennaker/kernel';
/** Where the front door is. */
export interface GateClient {
  url: string;
  signal: AbortSignal;
}

/** One request to the front door, with JSON both ways. */
export async function request(
  { url, signal }: GateClient,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: unknown }> {
  return withTimeLimit(60_000, signal, async (limited) => {
    const response = await fetch(`${url}${path}`, {
      method,
      signal: limited,
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  });
}
