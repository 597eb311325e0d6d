import { requireFreePort } from '@gennaker/embedded';
import type { GateConfig } from '../../gate/src/gate.config.js';
import type { StandaloneConfig } from './standalone.config.js';

/**
 * Looks whether the chosen ports are free, before anything is started that would have to be stopped again.
 *
 * @throws EmbeddedServerError `embedded.port_busy` that names the port and what it is for
 */
export async function requirePorts(
  { playgroundPort }: Pick<StandaloneConfig, 'playgroundPort'>,
  { host, port }: Pick<GateConfig, 'host' | 'port'>,
): Promise<void> {
  if (port !== 0) await requireFreePort(port, 'the front door (GATE_PORT)', host);
  if (playgroundPort) {
    await requireFreePort(playgroundPort, 'the playground cluster (GENNAKER_PLAYGROUND_PORT)');
  }
}
