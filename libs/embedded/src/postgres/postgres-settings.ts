/** `durable` survives a power cut; `test` is for data that is thrown away. */
export type PostgresMode = 'durable' | 'test';

/**
 * The server settings for a stack on one small machine. What is not named here has PostgreSQL's default.
 * @param port on 127.0.0.1
 */
export function postgresSettings(mode: PostgresMode, port: number): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: mode === 'test' ? '200' : '100',
    shared_buffers: '64MB',
    // One disk on the same machine: reading in the server's own process saves three idle processes.
    io_method: 'sync',
    // Nothing replicates from here, so the log needs no more than crash recovery does.
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_logical_replication_workers: '0',
    // Parallel plans need /dev/shm, which containers keep tiny, and gain nothing on two cores.
    max_parallel_workers_per_gather: '0',
    checkpoint_timeout: '15min',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // A client's mistake is the client's to report: keep only what concerns the server itself.
    log_min_messages: 'log',
    log_checkpoints: 'off',
    ...(mode === 'test' && { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }),
  };
}

/** `-c name=value` for each setting. */
export function settingArguments(settings: Record<string, string>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
