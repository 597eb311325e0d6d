import { methodTable } from './method.js';

interface StatusFacts {
  complete: boolean;
  halt: boolean;
  successful: boolean;
  failure: boolean;
}

const facts = (complete: boolean, halt: boolean, successful: boolean, failure: boolean): StatusFacts => ({
  complete,
  halt,
  successful,
  failure,
});

const UNFINISHED = facts(false, false, false, false);

/** What Spinnaker's execution statuses answer for themselves. */
const STATUSES: Readonly<Record<string, StatusFacts>> = {
  NOT_STARTED: UNFINISHED,
  RUNNING: UNFINISHED,
  PAUSED: UNFINISHED,
  SUSPENDED: UNFINISHED,
  BUFFERED: UNFINISHED,
  REDIRECT: UNFINISHED,
  SUCCEEDED: facts(true, false, true, false),
  FAILED_CONTINUE: facts(true, false, false, true),
  SKIPPED: facts(true, false, true, false),
  STOPPED: facts(true, true, true, true),
  TERMINAL: facts(true, true, false, true),
  CANCELED: facts(true, true, false, false),
};

/** A status is a text here; in Java it is an enum that compares equal to its name. */
export function isStatus(text: string): boolean {
  return Object.hasOwn(STATUSES, text);
}

const fact = (key: keyof StatusFacts) => (status: string) => STATUSES[status]?.[key] ?? false;

export const STATUS_METHODS = methodTable<string>({
  name: [0, (status) => status],
  ordinal: [0, (status) => Object.keys(STATUSES).indexOf(status)],
  isComplete: [0, fact('complete')],
  isHalt: [0, fact('halt')],
  isSuccessful: [0, fact('successful')],
  isFailure: [0, fact('failure')],
});
