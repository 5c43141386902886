import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Broker, startBroker } from './engines/kafka/broker.js';
import { KAFKA_VERSIONS } from './engines/kafka/jars.js';
import { startPostgres } from './engines/postgres.js';

/*
 * `npm test`: the quick suites; those that need an engine say so in a line and are not run. `npm test -- [patterns]`: all
 * suites that match, the long ones (`*.long.spec.ts`) too; arguments are for Jest.
 * `npm test -- --all`: all suites, with a PostgreSQL and a Kafka broker of each version, which are started here; on another Kafka than the
 * first only the suites of Kafka, beside the others. `npm test -- --engines [suites]`: the suites of engines alone.
 * One line names each engine that cannot be started, and its suites name it too.
 * With --all the properties of the order of arrival have more runs; PROPERTY_RUNS sets how many, SEED and PROPERTY_PATH play one again.
 */

const OF_ENGINES = [
  'libs/(operations|read-model)/src/postgres',
  'libs/event-store/src/(postgres|eventstoredb)',
  'libs/messaging',
  'test/fault/kafka',
  'test/engines',
];
const OF_KAFKA = ['libs/messaging/src/kafka', 'test/fault/kafka'];
const QUICK = ['--testPathIgnorePatterns', '/node_modules/', '\\.long\\.spec\\.ts$'];
const [WORKERS, WORKERS_BESIDE] = [2, 1];
const [mode, ...rest] = process.argv.slice(2);

process.exit(
  await (mode === '--all' || mode === '--engines'
    ? withEngines()
    : jest('', mode === undefined ? QUICK : process.argv.slice(2))),
);

async function withEngines(): Promise<number> {
  const brokers: (Broker | undefined)[] = [];
  // what ends in these suites is processes: the system keeps what they have written
  const postgres = await startPostgres({ fsync: 'off' });
  if (!postgres) process.stdout.write('PostgreSQL: its programs are not here (apt-get install postgresql)\n');
  try {
    for (const version of KAFKA_VERSIONS) {
      const broker = await startBroker({ version });
      brokers.push(broker);
      process.stdout.write(
        broker ? `Kafka ${version} at ${broker.brokers}\n` : `Kafka ${version}: needs java and mvn\n`,
      );
    }
    const codes = await Promise.all(
      KAFKA_VERSIONS.map((version, index) =>
        jest(`kafka-${version}-`, [`--maxWorkers=${index === 0 ? WORKERS : WORKERS_BESIDE}`, ...suitesOf(index)], {
          ...(postgres && { TEST_DATABASE_URL: postgres.url }),
          ...(brokers[index] && { TEST_KAFKA_BROKERS: brokers[index].brokers, TEST_KAFKA_VERSION: version }),
        }),
      ),
    );
    return Math.max(...codes);
  } finally {
    for (const one of [...brokers, postgres]) await one?.stop();
  }
}

function suitesOf(index: number): readonly string[] {
  if (rest.length > 0) return rest;
  if (index > 0) return OF_KAFKA;
  return mode === '--all' ? [] : OF_ENGINES;
}

async function jest(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const { TEST_RESULTS } = process.env;
  // what a failed test leaves open must not keep CI waiting for ever
  const exit = mode === '--all' ? ['--forceExit'] : [];
  const results = TEST_RESULTS === undefined ? [] : ['--json', `--outputFile=${TEST_RESULTS}/${name}tests.json`];
  const child = spawn(process.execPath, ['node_modules/jest/bin/jest.js', ...exit, ...results, ...args], {
    stdio: 'inherit',
    env: {
      ...process.env,
      ...(mode === '--all' && { TEST_ALL: '1' }),
      NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
      ...env,
    },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}
