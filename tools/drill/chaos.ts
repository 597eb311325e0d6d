import { type ChildProcess, fork } from 'node:child_process';
import { FAULT_POINTS, type FaultPoint } from '@gennaker/work';

/** Random numbers that a seed decides: a drill that fails can be run again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface Kills {
  total: number;
  atPoint: Record<string, number>;
}

/** Steps that a worker takes at the most before it dies at its fault point. */
const MOST_STEPS = 400;

/** Keeps a number of workers running, each with a fault point to die at, and kills others at random. */
export class WorkerPool {
  private readonly workers = new Map<ChildProcess, FaultPoint | undefined>();
  /** Those that have started to work: killing one that still starts would show nothing. */
  private readonly ready = new Set<ChildProcess>();
  readonly kills: Kills = { total: 0, atPoint: {} };
  private stopping = false;
  private next = 0;

  constructor(
    private readonly file: URL,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly random: () => number,
  ) {}

  /** @param calm workers that are not told to die at any point */
  spawn(calm = false): void {
    const point = calm ? undefined : FAULT_POINTS[this.next++ % FAULT_POINTS.length];
    const worker = fork(this.file, {
      env: {
        ...this.environment,
        ...(point !== undefined && { DRILL_CRASH: `${point}:${1 + Math.floor(this.random() * MOST_STEPS)}` }),
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.workers.set(worker, point);
    worker.on('message', () => this.ready.add(worker));
    worker.on('exit', (_code, signal) => {
      this.workers.delete(worker);
      this.ready.delete(worker);
      if (this.stopping) return;
      this.kills.total += 1;
      const where =
        signal === 'SIGKILL' ? (worker.killed ? 'random' : (point ?? 'random')) : `exit:${signal ?? _code}`;
      this.kills.atPoint[where] = (this.kills.atPoint[where] ?? 0) + 1;
      this.spawn(this.calm);
    });
  }

  private calm = false;

  /** From now on nobody dies. */
  settle(): void {
    if (this.calm) return;
    this.calm = true;
    for (const worker of this.workers.keys()) worker.kill('SIGKILL');
  }

  killOne(): void {
    const workers = [...this.ready];
    workers[Math.floor(this.random() * workers.length)]?.kill('SIGKILL');
  }

  stop(): void {
    this.stopping = true;
    for (const worker of this.workers.keys()) worker.kill('SIGKILL');
  }
}
