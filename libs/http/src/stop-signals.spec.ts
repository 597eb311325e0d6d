import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { watchStopSignals } from './stop-signals.js';

function watch() {
  const source = new EventEmitter();
  let now = 0;
  const { requested, forced } = watchStopSignals(source, () => now);
  let isForced = false;
  void forced.then(() => (isForced = true));
  return {
    requested,
    isForced: async () => {
      await Promise.resolve();
      return isForced;
    },
    send: (signal: NodeJS.Signals, at: number) => {
      now = at;
      source.emit(signal);
    },
  };
}

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('stops at %s', async (signal) => {
  const { requested, send } = watch();
  send(signal, 0);
  await expect(requested).resolves.toBe(signal);
});

it('takes the copies of one Ctrl-C, from the terminal and from npm, as one', async () => {
  const { isForced, send } = watch();
  send('SIGINT', 0);
  send('SIGINT', 3);
  send('SIGTERM', 40);
  expect(await isForced()).toBe(false);
});

it('does not wait any longer after a second Ctrl-C', async () => {
  const { isForced, send } = watch();
  send('SIGINT', 0);
  send('SIGINT', 1_500);
  expect(await isForced()).toBe(true);
});
