import { GennakerError } from '@gennaker/kernel';

/**
 * Runs the start of a service. What was thrown on purpose is one sentence for the person at the terminal, since a stack
 * trace would hide it; anything else is a bug, and shows its stack. Both end the process with 1.
 */
export function runMain(start: () => Promise<void>): void {
  start().catch((error: unknown) => {
    process.stderr.write(`${explain(error)}\n`);
    process.exit(1);
  });
}

function explain(error: unknown): string {
  if (error instanceof GennakerError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
