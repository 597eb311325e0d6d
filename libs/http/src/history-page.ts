import type { FastifyReply } from 'fastify';
import { linkOlder, versionBefore } from './paging.js';

interface HistoryQuery {
  limit: number;
  cursor?: string;
}

/**
 * A page of a history, newest first, with the next one in the Link header.
 *
 * @throws InvalidInputError for a cursor of another list
 */
export async function historyPage<Version extends { version: number }>(
  read: (limit: number, before: number | undefined) => Promise<Version[]>,
  path: string,
  { limit, cursor }: HistoryQuery,
  reply: FastifyReply,
): Promise<Version[]> {
  const versions = await read(limit, cursor === undefined ? undefined : versionBefore(cursor));
  linkOlder(reply, path, limit, versions.at(-1)?.version ?? 1);
  return versions;
}
