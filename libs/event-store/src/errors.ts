import { ConflictError } from '@gennaker/kernel';

/** Somebody else appended to the stream since it was read. Load it again and decide again. */
export class VersionConflictError extends ConflictError {
  constructor(stream: string, expectedVersion: number) {
    super('event_store.version_conflict', `stream ${stream} is no longer at version ${expectedVersion}`);
  }
}
