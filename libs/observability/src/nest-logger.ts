import type { LoggerService } from '@nestjs/common';
import { type Logger, logger } from './logger.js';

/** Sends what Nest itself says to our logger, with Nest's context as the component. */
export class NestLogger implements LoggerService {
  log(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(level: keyof Logger, message: unknown, rest: unknown[]): void {
    const context = typeof rest.at(-1) === 'string' ? String(rest.at(-1)) : 'Nest';
    const stack = rest.length > 1 ? rest[0] : undefined;
    const text = message instanceof Error ? message.message : String(message);
    const fields: Record<string, unknown> = {};
    if (stack !== undefined) fields.stack = stack;
    if (message instanceof Error) fields.error = message;
    logger(`nest.${context}`)[level](text, fields);
  }
}
