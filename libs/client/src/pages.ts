/** What a call of the client gives, as far as going through pages needs it. */
interface Answer<T> {
  data?: T[];
  response: Response;
}

/**
 * Every item of a list, page after page.
 *
 * @param read asks for one page: `(cursor) => client.GET('/pipelineConfigs', { params: { query: { limit: 100, cursor } } })`
 */
export async function* itemsOf<T>(
  read: (cursor: string | undefined) => Promise<Answer<T>>,
): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const { data, response } = await read(cursor);
    yield* data ?? [];
    cursor = nextCursor(response.headers.get('link'));
  } while (cursor !== undefined);
}

/** The cursor in `Link: <…?cursor=…>; rel="next"`. */
function nextCursor(link: string | null): string | undefined {
  const target = /<([^>]*)>;\s*rel="next"/.exec(link ?? '')?.[1];
  if (target === undefined) return undefined;
  return new URL(target, 'http://localhost').searchParams.get('cursor') ?? undefined;
}
