import { expect, it } from 'vitest';
import type { EmbeddedServer, ServerExit } from '@gennaker/embedded';
import { startSupervised } from './supervised-server.js';

interface Life extends EmbeddedServer {
  /** Ends the server as if somebody had killed it. */
  die(): void;
}

/** A server that starts on the port it is given, 7000 for 0. */
function servers() {
  const lives: Life[] = [];
  const waiting: (() => void)[] = [];
  const start = async (port: number): Promise<EmbeddedServer> => {
    let end: (exit: ServerExit) => void;
    const exited = new Promise<ServerExit>((resolve) => (end = resolve));
    const life: Life = {
      url: `test://${port || 7000}`,
      port: port || 7000,
      pid: lives.length + 1,
      exited,
      stop: async () => end({ code: 0, signal: null }),
      die: () => end({ code: null, signal: 'SIGKILL' }),
    };
    lives.push(life);
    waiting.splice(0).forEach((wake) => wake());
    return life;
  };
  const nextLife = async (count: number): Promise<Life> => {
    while (lives.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    return lives[count - 1]!;
  };
  return { lives, start, nextLife };
}

it('starts a server again that ends unasked, on the port that its clients know', async () => {
  const { start, nextLife } = servers();
  const lines: string[] = [];
  const server = await startSupervised({ name: 'Redis', port: 0, start, print: (line) => lines.push(line) });
  (await nextLife(1)).die();
  expect((await nextLife(2)).port).toBe(server.port);
  expect(lines).toEqual(['Redis ended unexpectedly (SIGKILL), starting it again']);
  await server.stop();
});

it('does not start again what was asked to stop', async () => {
  const { lives, start } = servers();
  const server = await startSupervised({ name: 'Redis', port: 0, start, print: () => undefined });
  await server.stop();
  expect(lives).toHaveLength(1);
});

it('gives up on a server that ends again and again', async () => {
  const { lives, start, nextLife } = servers();
  const server = await startSupervised({ name: 'Redis', port: 0, start, print: () => undefined });
  for (let count = 1; count <= 6; count += 1) (await nextLife(count)).die();
  await expect(server.failed).resolves.toMatch('Redis ended 6 times within a minute');
  expect(lives).toHaveLength(6);
  await server.stop();
});
