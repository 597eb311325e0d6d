import { readdirSync, readFileSync } from 'node:fs';
import { type ExecutionEvent, recheck, replay } from '@gennaker/execution';
import { canonicalJson } from '@gennaker/kernel';
import { describe, expect, it } from 'vitest';

interface History {
  stream: string;
  what: string;
  events: ExecutionEvent[];
}

const folder = new URL('./', import.meta.url);
const histories = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as History);

describe('a recorded execution', () => {
  it.each(histories.map((history) => [history.what, history] as const))(
    'is decided again as it was: %s',
    (_what, { events }) => {
      expect(recheck(events)).toBeUndefined();
    },
  );

  it.each(histories.map((history) => [history.what, history] as const))(
    'folds to the same state, whole or in two parts: %s',
    (_what, { events }) => {
      const half = Math.floor(events.length / 2);
      const parts = replay(events.slice(half), replay(events.slice(0, half)));
      expect(canonicalJson(parts)).toBe(canonicalJson(replay(events)));
    },
  );
});
