import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Broker, startBroker } from './kafka/broker.js';
import { KAFKA_VERSIONS } from './kafka/jars.js';
import { startPostgres } from './postgres.js';

/*
 * `npm run test:engines`: starts a PostgreSQL and a Kafka broker, runs the suites that need them, and once more those of
 * Kafka on each other version. What cannot be started here is said in one line, and its suites say so as well.
 */

const ALL = ['libs/read-model/src/postgres', 'libs/event-store/src/(postgres|eventstoredb)', 'libs/messaging', 'test/fault/kafka', 'test/engines']; // prettier-ignore
const OF_KAFKA = ['libs/messaging', 'test/fault/kafka'];
const [only, ...more] = process.argv.slice(2);

let failed = false;
const postgres = await startPostgres();
if (!postgres) process.stdout.write('PostgreSQL: its programs are not here (apt-get install postgresql)\n');
try {
  for (const [index, version] of KAFKA_VERSIONS.entries()) {
    const suites = only === undefined ? (index === 0 ? ALL : OF_KAFKA) : [only, ...more];
    const broker = await startBroker({ version });
    if (!broker) process.stdout.write(`Kafka ${version}: needs java and mvn\n`);
    else process.stdout.write(`Kafka ${version} at ${broker.brokers}\n`);
    try {
      if ((await jest(suites, version, broker)) !== 0) failed = true;
    } finally {
      await broker?.stop();
    }
  }
} finally {
  await postgres?.stop();
}
process.exit(failed ? 1 : 0);

async function jest(suites: readonly string[], version: string, broker: Broker | undefined): Promise<number> {
  const { ENGINE_RESULTS } = process.env;
  const results = ENGINE_RESULTS === undefined ? [] : ['--json', `--outputFile=${ENGINE_RESULTS}/kafka-${version}-tests.json`]; // prettier-ignore
  const child = spawn(process.execPath, ['node_modules/jest/bin/jest.js', '--maxWorkers=2', ...results, ...suites], {
    stdio: 'inherit',
    env: {
      ...process.env,
      NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
      ...(postgres && { TEST_DATABASE_URL: postgres.url }),
      ...(broker && { TEST_KAFKA_BROKERS: broker.brokers, TEST_KAFKA_VERSION: version }),
    },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}
