import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import { currentLogContext } from './log-context.js';
import { redact, redactText } from './redact.js';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/**
 * Structured logging: the message is a constant sentence, everything that varies is a field. `error` in the fields is
 * written with its stack and causes; secrets are taken out.
 */
export interface Logger {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
  fatal(message: string, fields?: object): void;
}

export interface LoggingOptions {
  /** Name of the process in every line: `gate`, `standalone`, … */
  service: string;
  level: LogLevel;
  /** Where lines go; standard output when absent. Tests pass their own. */
  destination?: DestinationStream;
}

/** Silent until a process configures it, so that libraries under test say nothing. */
let root: PinoLogger = pino({ level: 'silent' });

/** Called once by a process as it starts. Loggers handed out before and after write to the same place. */
export function configureLogging(options: LoggingOptions): void {
  root = pino(
    {
      level: options.level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => ({ service: options.service, ...currentLogContext() }),
      // The later of two fields of one name wins: what a line says itself goes before its context.
      mixinMergeStrategy: (line, context) => ({ ...context, ...line }),
    },
    options.destination ?? pino.destination({ fd: 1, sync: false }),
  );
}

/** The logger of one part of the program; `component` is a constant such as `orca.relay`. */
export function logger(component: string): Logger {
  return {
    debug: (message, fields) => write('debug', component, message, fields),
    info: (message, fields) => write('info', component, message, fields),
    warn: (message, fields) => write('warn', component, message, fields),
    error: (message, fields) => write('error', component, message, fields),
    fatal: (message, fields) => write('fatal', component, message, fields),
  };
}

/** Writes out what is still buffered, for the last moment of a process. */
export function flushLogs(): void {
  root.flush();
}

function write(
  level: 'debug' | 'info' | 'warn' | 'error' | 'fatal',
  component: string,
  message: string,
  fields: object = {},
): void {
  if (!root.isLevelEnabled(level)) return;
  const safe = redact(fields instanceof Error ? { error: fields } : fields) as Record<string, unknown>;
  root[level]({ component, ...safe }, redactText(message));
}
