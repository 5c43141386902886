import 'reflect-metadata';
import { isDatabaseAway, StoreUnavailable, WrongMasterKey } from '#event-store';
import { banner } from './banner.js';
import { type Config, ConfigError, loadConfig } from './config.js';
import { type RunningService, startService } from './service.js';

try {
  const config = loadConfig();
  const service = await startService(config);
  stopOnSignals(service, config);
  process.stdout.write(banner(service.url, service.secrets));
} catch (error) {
  process.stderr.write(`${explained(error)}\n`);
  process.exit(1);
}

/** One line for an error that the operator can act on; the stack for any other. */
function explained(error: unknown): string {
  if (error instanceof ConfigError || error instanceof WrongMasterKey) return error.message;
  if (error instanceof StoreUnavailable) return `EVENT_STORE_URL cannot be reached: ${error.message}`;
  if (isDatabaseAway(error)) return `DATABASE_URL cannot be reached: ${(error as Error).message}`;
  return String((error as Error).stack);
}

/** The first signal drains; a second signal or the time-out ends the process at once. */
function stopOnSignals(service: RunningService, config: Config): void {
  const fail = (why: string): never => {
    process.stderr.write(`The service stopped before it was drained: ${why}\n`);
    process.exit(1);
  };
  let stopping = false;
  const stop = (): void => {
    if (stopping) fail('a second signal came');
    stopping = true;
    const ms_max = config.SHUTDOWN_TIMEOUT_MS;
    setTimeout(() => fail(`SHUTDOWN_TIMEOUT_MS (${ms_max} ms) is over; open: ${service.waitsFor()}`), ms_max).unref();
    service.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(explained(error)),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
