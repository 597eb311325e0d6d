export interface RedisSettings {
  dir: string;
  port: number;
  password: string;
  /** Keeps an append-only file, written to disk each second; else nothing is kept. */
  durable: boolean;
}

/** The redis.conf of a queue on one machine. */
export function redisConfiguration({ dir, port, password, durable }: RedisSettings): string {
  const settings: [string, string][] = [
    ['bind', '127.0.0.1'],
    ['port', String(port)],
    ['requirepass', password],
    ['daemonize', 'no'],
    ['dir', quote(dir)],
    ['save', '""'],
    ['appendonly', durable ? 'yes' : 'no'],
    ['appendfsync', 'everysec'],
    // Blocking commands time out on this tick, so delayed jobs are late by up to it: 10 ms instead of 100.
    ['hz', '100'],
    // A queue that forgets keys when memory is short loses jobs.
    ['maxmemory-policy', 'noeviction'],
    ['loglevel', 'notice'],
    ['logfile', '""'],
  ];
  return settings.map(([name, value]) => `${name} ${value}\n`).join('');
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
