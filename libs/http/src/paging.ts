import { InvalidInputError } from '@gennaker/kernel';
import type { FastifyReply } from 'fastify';

export interface Page<T> {
  items: T[];
  /** Cursor of the next page; absent on the last. */
  next?: string;
}

/** A part of a list that is at hand as a whole. */
export function pageOf<T>(all: readonly T[], { limit, cursor }: { limit: number; cursor?: string }): Page<T> {
  const start = cursor === undefined ? 0 : offsetOf(cursor);
  const items = all.slice(start, start + limit);
  const end = start + items.length;
  return end < all.length ? { items, next: encodeCursor(['at', String(end)]) } : { items };
}

function offsetOf(cursor: string): number {
  const [kind, offset] = decodeCursor(cursor, 2);
  const value = Number(offset);
  if (kind !== 'at' || !Number.isSafeInteger(value) || value < 0) throw badCursor();
  return value;
}

/** Cursors are opaque to clients: they come back as they were sent. */
export function encodeCursor(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** @throws InvalidInputError for anything that we have not made */
export function decodeCursor(cursor: string, length: number): string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(parts) && parts.length === length && parts.every((part) => typeof part === 'string')) {
      return parts;
    }
  } catch {
    // Falls through: whatever is wrong with it, the answer is the same.
  }
  throw badCursor();
}

export function badCursor(): InvalidInputError {
  return new InvalidInputError('http.bad_cursor', [
    { path: 'cursor', message: 'must be a cursor of this list' },
  ]);
}

/** Names the next page in the Link header, so that the body stays the bare list that clients know. */
export function linkNext(
  reply: FastifyReply,
  path: string,
  query: Readonly<Record<string, string | number | boolean | undefined>>,
  next: string | undefined,
): void {
  if (next === undefined) return;
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    if (value !== undefined && value !== '') search.set(key, String(value));
  search.set('cursor', next);
  void reply.header('Link', `<${path}?${search}>; rel="next"`);
}

/**
 * Names the next page of a history, newest first, whose versions are counted from 1.
 *
 * @param oldest the last version of this page
 */
export function linkOlder(reply: FastifyReply, path: string, limit: number, oldest: number): void {
  linkNext(reply, path, { limit }, oldest > 1 ? encodeCursor(['before', String(oldest)]) : undefined);
}

/**
 * The version that a page of a history begins before.
 *
 * @throws InvalidInputError for a cursor of another list
 */
export function versionBefore(cursor: string): number {
  const [kind, version] = decodeCursor(cursor, 2);
  const value = Number(version);
  if (kind !== 'before' || !Number.isSafeInteger(value) || value < 1) throw badCursor();
  return value;
}
