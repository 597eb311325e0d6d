import { spawn } from 'node:child_process';

export interface CommandResult {
  /** Null when a signal ended it, or when it could not be started. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  uid?: number;
  gid?: number;
  timeoutMs: number;
}

/** Runs a program to its end. Never rejects: a program that is missing or too slow answers with code null and the reason in `stderr`. */
export function runCommand(command: string[], options: CommandOptions): Promise<CommandResult> {
  const [program, ...args] = command;
  const { timeoutMs, ...spawnOptions } = options;
  return new Promise((resolve) => {
    const child = spawn(program!, args, { ...spawnOptions, stdio: ['ignore', 'pipe', 'pipe'] });
    let slow = '';
    const timer = setTimeout(() => {
      slow = `no answer within ${timeoutMs / 1000} s`;
      child.kill('SIGKILL');
    }, timeoutMs);
    const finish = (result: CommandResult) => {
      clearTimeout(timer);
      resolve(result);
    };
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    child.once('error', (error) => finish({ code: null, stdout, stderr: error.message }));
    child.once('close', (code) => finish({ code, stdout, stderr: slow || stderr }));
  });
}
