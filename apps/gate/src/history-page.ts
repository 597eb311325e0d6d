import type { CatalogVersion } from '@gennaker/catalog';
import type { FastifyReply } from 'fastify';
import { badCursor, decodeCursor, encodeCursor, linkNext } from './paging.js';

interface HistoryQuery {
  limit: number;
  cursor?: string;
}

/**
 * A page of a history, newest first, with the next one in the Link header.
 *
 * @throws InvalidInputError for a cursor of another list
 */
export async function historyPage(
  read: (limit: number, before: number | undefined) => Promise<CatalogVersion[]>,
  path: string,
  { limit, cursor }: HistoryQuery,
  reply: FastifyReply,
): Promise<CatalogVersion[]> {
  const versions = await read(limit, cursor === undefined ? undefined : versionOf(cursor));
  const oldest = versions.at(-1)?.version ?? 1;
  linkNext(reply, path, { limit }, oldest > 1 ? encodeCursor(['before', String(oldest)]) : undefined);
  return versions;
}

function versionOf(cursor: string): number {
  const [kind, version] = decodeCursor(cursor, 2);
  const value = Number(version);
  if (kind !== 'before' || !Number.isSafeInteger(value) || value < 1) throw badCursor();
  return value;
}
