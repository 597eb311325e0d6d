import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { requirePorts } from './ports.js';

const host = '127.0.0.1';

it('a port that is taken is named, with what it is for and the variable that chooses another', async () => {
  const other = createServer().listen(0, host);
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  await expect(requirePorts({ playgroundPort: undefined }, { host, port })).rejects.toThrow(
    `Port ${port} for the front door (GATE_PORT) is already in use by another program: stop that program, or choose another port.`,
  );
  await expect(requirePorts({ playgroundPort: port }, { host, port: 0 })).rejects.toThrow(
    `Port ${port} for the playground cluster (GENNAKER_PLAYGROUND_PORT) is already in use`,
  );
  other.close();
  await once(other, 'close');
  await expect(requirePorts({ playgroundPort: port }, { host, port })).resolves.toBeUndefined();
});
