import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { EventStore, FileLock, Locked } from '#event-store';
import { Operations } from '#operations';
import { ReadModel } from '#read-model';
import { assertKeysPresent } from './adapters.js';
import { agreedHead } from './agreed-head.js';
import { type Config, ConfigError } from './config.js';
import { Callers } from './http/auth.js';
import { ClientSide } from './http/client-side.js';
import { Connections } from './http/connections.js';
import { ErrorsFilter } from './http/errors.filter.js';
import { fastifyAdapter, guardRoutes, measureRequests } from './http/fastify.js';
import { ApiDescription } from './http/openapi.js';
import { RateLimit } from './http/rate-limits.js';
import { Freshness } from './ops/freshness.js';
import { Health } from './ops/health.js';
import { Lifecycle } from './ops/lifecycle.js';
import { Erasures } from './reactions/erasure.js';
import { createLog, nestLogger } from './ops/log.js';
import { Metrics } from './ops/metrics.js';
import { loadSecrets, type Secrets } from './secrets.js';
import { ServiceModule } from './service.module.js';

const SWEEP_MS = 50;

export interface RunningService {
  readonly url: string;
  readonly secrets: Secrets;
  stop(): Promise<void>;
  /** The parts that `stop` waits for, as text. */
  waitsFor(): string;
}

/** Starts the service with these settings; resolves when it listens. */
export async function startService(config: Config): Promise<RunningService> {
  mkdirSync(config.DATA_DIR, { recursive: true, mode: 0o700 });
  const lock = config.isEmbedded ? takeLock(config) : undefined;
  const secrets = loadSecrets(config);
  await assertKeysPresent(config);
  const log = createLog(config);
  const app = await NestFactory.create<NestFastifyApplication>(
    ServiceModule.with({ config, secrets, log }),
    fastifyAdapter(config),
    {
      logger: nestLogger(log),
      bodyParser: false,
      abortOnError: false,
    },
  );
  const fastify = app.getHttpAdapter().getInstance();
  app.get(ApiDescription).watch(fastify);
  guardRoutes(fastify, {
    callers: new Callers(secrets.keys),
    clients: new ClientSide(config),
    limit: rateLimit(config, secrets.keys.length),
  });
  measureRequests(fastify, app.get(Metrics), log);
  app.useGlobalFilters(new ErrorsFilter(log));
  const head = await agreedHead(config, app.get(EventStore), app.get(ReadModel), app.get(Operations));
  app.get(Freshness).startAt(head);
  const erased = await app.get(Erasures).carryOut(head);
  if (erased > 0) log.info({ erased }, 'the keys of erased customers were destroyed again');
  const connections = new Connections(app.getHttpServer());
  await app.listen(config.PORT, config.HOST);
  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://${config.HOST.includes(':') ? `[${config.HOST}]` : config.HOST}:${port}`;
  log.info({ url, data_dir: config.DATA_DIR }, 'ready');
  return {
    url,
    secrets,
    waitsFor: () => [...app.get(Lifecycle).stopping].join(', ') || 'requests',
    stop: async () => {
      app.get(Health).stopping = true;
      // a connection that was busy when the server began to close becomes idle after its answer
      const sweep = setInterval(() => connections.closeIdle(), SWEEP_MS);
      await app.close();
      clearInterval(sweep);
      lock?.release();
      log.info({}, 'stopped');
    },
  };
}

const MINUTE_MS = 60_000;

const rateLimit = ({ RATE_LIMIT_PER_MINUTE: calls_max }: Config, keys: number): RateLimit | undefined =>
  calls_max === 0 ? undefined : new RateLimit(calls_max, MINUTE_MS, keys);

/** Locks the directory, because the embedded store allows one writer. */
function takeLock(config: Config): FileLock {
  try {
    return FileLock.take(config.path('lock'));
  } catch (error) {
    if (error instanceof Locked)
      throw new ConfigError(`Settings: another service already runs on DATA_DIR ${config.DATA_DIR}`);
    throw error;
  }
}
