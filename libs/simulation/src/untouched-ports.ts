import { GennakerError } from '@gennaker/kernel';
import type { StagePorts } from '@gennaker/stages';

/** A task wanted to act on the world, which a simulation never does. */
export class UntouchedError extends GennakerError {
  constructor(what: string) {
    super('simulation.untouched', `a simulation does not touch the outside world: ${what}`);
  }
}

/** Ports that refuse every call, whatever it is. */
export function untouchedPorts(): StagePorts {
  const refusing = (path: string): object =>
    new Proxy(() => undefined, {
      get: (_target, key) => (key === 'then' ? undefined : refusing(`${path}.${String(key)}`)),
      apply: () => {
        throw new UntouchedError(path);
      },
    });
  return refusing('ports') as unknown as StagePorts;
}
