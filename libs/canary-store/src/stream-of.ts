import { VersionConflictError } from '@gennaker/event-store';
import type { Journal } from '@gennaker/work';

const PAGE = 10_000;

/** Folds a whole stream. Undefined when there is no such stream. */
export async function foldStream<State, Event extends { type: string }>(
  journal: Journal,
  stream: string,
  evolve: (state: State | undefined, event: Event, at: number) => State,
): Promise<State | undefined> {
  let state: State | undefined;
  for (let after = 0; ;) {
    const page = await journal.store.read(stream, { after, limit: PAGE });
    for (const { type, data, recordedAt } of page)
      state = evolve(state, { type, data } as unknown as Event, recordedAt);
    if (page.length < PAGE) return state;
    after += page.length;
  }
}

/** Does it again, from the reading on, as long as somebody else has appended meanwhile. */
export async function uncontested<Result>(work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof VersionConflictError)) throw error;
    }
  }
}
