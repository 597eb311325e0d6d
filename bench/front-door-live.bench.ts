import { connect, type Socket } from 'node:net';
import { quantile, row } from './support/bench-stack.js';
import { APPLICATION, openFrontDoor, savePipelines, start, untilEnded } from './support/front-door.js';

const STREAMS = 2_000;
const EXECUTIONS = 50;
const BYTES = 1024 ** 2;

interface Follower {
  socket: Socket;
  messages: number;
  first: boolean;
}

const door = await openFrontDoor();
const { port } = new URL(door.url);
const received = { messages: 0 };

/** Half follow the application, half its executions' latest; each over a connection of its own. */
function follow(path: string): Promise<Follower> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1');
    const follower: Follower = { socket, messages: 0, first: false };
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      if (!follower.first) {
        follower.first = true;
        if (text.startsWith('HTTP/1.1 200')) resolve(follower);
        else reject(new Error(text.slice(0, 200)));
      }
      const messages = text.split('\nevent: ').length - 1;
      follower.messages += messages;
      received.messages += messages;
    });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n`);
  });
}

function rss(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss / BYTES;
}

async function untilQuiet(): Promise<void> {
  for (let seen = -1; seen !== received.messages;) {
    seen = received.messages;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

try {
  const names = await savePipelines(door, 10);
  await start(door, names[0]!);
  await untilEnded(door, 1);
  const before = rss();
  const opened = performance.now();
  const followers: Follower[] = [];
  for (let i = 0; i < STREAMS; i += 100) {
    const path = `/applications/${APPLICATION}/live`;
    followers.push(...(await Promise.all(Array.from({ length: 100 }, () => follow(path)))));
  }
  row(`${STREAMS} streams opened (s)`, (performance.now() - opened) / 1_000);
  await untilQuiet();
  const open = rss();
  // The clients live in this process too, so what is told is what both ends of a stream cost.
  row('memory before, open (MB), KB a stream', before, open, ((open - before) * 1_024) / STREAMS);

  received.messages = 0;
  for (const follower of followers) follower.messages = 0;
  const began = performance.now();
  for (let i = 0; i < EXECUTIONS; i += 1) await start(door, names[i % names.length]!);
  await untilEnded(door, EXECUTIONS + 1);
  await untilQuiet();
  const counts = followers.map(({ messages }) => messages);
  row(
    `${EXECUTIONS} executions watched by all (messages, /s)`,
    received.messages,
    received.messages / ((performance.now() - began) / 1_000),
  );
  row('messages a stream: least, most', quantile(counts, 0), quantile(counts, 1));
  row('memory after (MB)', rss());

  // Viewers that do not read: their messages must not pile up here.
  for (const { socket } of followers) socket.pause();
  for (let i = 0; i < EXECUTIONS; i += 1) await start(door, names[i % names.length]!);
  await untilEnded(door, 2 * EXECUTIONS + 1);
  row('memory with no viewer reading (MB)', rss());
  for (const { socket } of followers) socket.resume();
  await untilQuiet();
  const total = followers.map(({ messages }) => messages);
  row('messages a stream once they read: least, most', quantile(total, 0), quantile(total, 1));
  for (const { socket } of followers) socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  row('memory when all have left (MB)', rss());
  console.log(
    quantile(total, 0) === quantile(total, 1) ? 'no stream missed a message' : 'streams MISSED messages',
  );
} finally {
  await door.close();
}
process.exit(0);
