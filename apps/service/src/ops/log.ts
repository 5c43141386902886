import type { LoggerService } from '@nestjs/common';
import { type Logger, pino } from 'pino';
import type { Config } from '../config.js';

/** The structured log. It carries ids and route patterns, never addresses, bodies or names of persons. */
export abstract class Log {
  abstract error(fields: object, message: string): void;
  abstract warn(fields: object, message: string): void;
  abstract info(fields: object, message: string): void;
  abstract debug(fields: object, message: string): void;
}

export function createLog(config: Pick<Config, 'LOG_LEVEL'>): Logger {
  return pino({
    level: config.LOG_LEVEL,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: errorWithoutData },
  });
}

/** Leaves out messages of errors, because those of databases and parsers may quote values. */
function errorWithoutData(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const places = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return {
    type: error.name,
    code: (error as { code?: unknown }).code,
    at: places.slice(0, 6).map((line) => line.trim()),
  };
}

/** A logger for Nest that lowers its messages to the level debug. */
export function nestLogger(log: Log): LoggerService {
  const say = (level: 'debug' | 'warn' | 'error') => (message: unknown) =>
    log[level]({ from: 'nest' }, String(message));
  return {
    log: say('debug'),
    verbose: say('debug'),
    debug: say('debug'),
    warn: say('warn'),
    error: say('error'),
    fatal: say('error'),
  };
}
