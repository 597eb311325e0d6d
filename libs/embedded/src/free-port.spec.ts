import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { chooseFreePort, portBusy, requireFreePort, startOnPort } from './free-port.js';

let other: Server;
let taken: number;

beforeEach(async () => {
  other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  taken = (other.address() as AddressInfo).port;
});

afterEach(() => {
  other.close();
});

it('names the port and its purpose when another program has it', async () => {
  await expect(requireFreePort(taken, 'the front door')).rejects.toMatchObject({
    code: 'embedded.port_busy',
    message: expect.stringMatching(new RegExp(`^Port ${taken} for the front door is already in use`)),
  });
});

it('accepts a port that is free', async () => {
  await expect(requireFreePort(await chooseFreePort(), 'the front door')).resolves.toBeUndefined();
});

it('starts on the requested port only', async () => {
  const start = (port: number) => Promise.resolve(port);
  await expect(startOnPort(taken, 'a server', start)).rejects.toMatchObject({ code: 'embedded.port_busy' });
  const free = await chooseFreePort();
  await expect(startOnPort(free, 'a server', start)).resolves.toBe(free);
});

it('tries another port when the chosen one was taken in between', async () => {
  const tried: number[] = [];
  const start = (port: number) => {
    tried.push(port);
    return tried.length < 3 ? Promise.reject(portBusy(port, 'a server')) : Promise.resolve(port);
  };
  const port = await startOnPort(0, 'a server', start);
  expect(tried).toHaveLength(3);
  expect(port).toBe(tried[2]);
});

it('gives up when no port ever works, and at once for any other error', async () => {
  await expect(startOnPort(0, 'a server', (port) => Promise.reject(portBusy(port, 'x')))).rejects.toThrow();
  let calls = 0;
  const broken = () => {
    calls += 1;
    return Promise.reject(new Error('no such program'));
  };
  await expect(startOnPort(undefined, 'a server', broken)).rejects.toThrow('no such program');
  expect(calls).toBe(1);
});
