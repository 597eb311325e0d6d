/** What a halt stops; the key of the scope's name says which one. */
export type HaltTarget =
  | { scope: 'everything' }
  | { scope: 'application'; application: string }
  | { scope: 'account'; account: string }
  /** `pipeline` is the id of the configuration; its name is for people. */
  | { scope: 'pipeline'; pipeline: string; application?: string; pipelineName?: string };

/** The stream `halt-<id>`: one event when it begins, one when it ends. Times are milliseconds since the Unix epoch. */
export type HaltEvent =
  | {
      type: 'HaltBegan';
      data: HaltTarget & { id: string; at: number; by: string; reason: string; endsAt?: number };
    }
  | {
      type: 'HaltEnded';
      data: HaltTarget & { id: string; at: number; by: string; reason: string; expired: boolean };
    };

export const HALT_PREFIX = 'halt-';

export function haltStream(id: string): string {
  return HALT_PREFIX + id;
}

/** The name that the scope asks for; undefined for everything. */
export function nameOf(target: HaltTarget): string | undefined {
  switch (target.scope) {
    case 'everything':
      return undefined;
    case 'application':
      return target.application;
    case 'account':
      return target.account;
    case 'pipeline':
      return target.pipeline;
  }
}

/** Whose an item of work is. */
export interface HaltedWork {
  kind: string;
  application?: string | undefined;
  account?: string | undefined;
  pipeline?: string | undefined;
}

/** What every halt lets pass: the clean-up of what was cancelled, and the end of halts themselves. */
export const SPARED_KINDS = ['cleanUp', 'endHalt'];

/** Whether a halt covers an item: the rule of the claims, for those that look at items one by one. */
export function covers(target: HaltTarget, work: HaltedWork): boolean {
  if (SPARED_KINDS.includes(work.kind)) return false;
  switch (target.scope) {
    case 'everything':
      return true;
    case 'application':
      return target.application.toLowerCase() === work.application?.toLowerCase();
    case 'account':
      return target.account === work.account;
    case 'pipeline':
      return target.pipeline === work.pipeline;
  }
}
