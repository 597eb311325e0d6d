const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** npm passes a Ctrl-C on that the terminal has already sent to us: what follows within this time is the same key press. */
const SAME_REQUEST_MS = 1_000;

export interface StopSignals {
  /** Resolves at the first request to stop. */
  readonly requested: Promise<NodeJS.Signals>;
  /** Resolves at the second, when somebody does not want to wait. */
  readonly forced: Promise<void>;
}

/** Takes the requests to stop that the terminal, npm or a process manager sends. */
export function watchStopSignals(source: NodeJS.EventEmitter, now: () => number): StopSignals {
  let firstAt: number | undefined;
  let request: (signal: NodeJS.Signals) => void;
  let force: () => void;
  const requested = new Promise<NodeJS.Signals>((resolve) => (request = resolve));
  const forced = new Promise<void>((resolve) => (force = resolve));
  for (const signal of SIGNALS) {
    source.on(signal, () => {
      if (firstAt === undefined) {
        firstAt = now();
        request(signal);
      } else if (now() - firstAt > SAME_REQUEST_MS) {
        force();
      }
    });
  }
  return { requested, forced };
}
