import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Broker, startBroker } from './kafka/broker.js';
import { KAFKA_VERSIONS } from './kafka/jars.js';
import { startPostgres } from './postgres.js';

/*
 * `npm run test:engines`: starts a PostgreSQL and a Kafka broker of each version, and runs the suites that need them; on
 * another Kafka than the first only those of Kafka, beside the others. `npm run test:all`: all suites there are, like this.
 * What cannot be started here is said in one line, and its suites say so as well.
 */

const OF_ENGINES = ['libs/read-model/src/postgres', 'libs/event-store/src/(postgres|eventstoredb)', 'libs/messaging', 'test/fault/kafka', 'test/engines']; // prettier-ignore
const OF_KAFKA = ['libs/messaging/src/kafka', 'test/fault/kafka'];
/** Those of Kafka wait for time-outs, those of two instances compute: together they are more than the processors of a small machine. */
const WORKERS = 3;
const WORKERS_BESIDE = 1;

const asked = process.argv.slice(2);
const brokers: (Broker | undefined)[] = [];
let failed = false;
// what ends here is processes: the system keeps what they have written
const postgres = await startPostgres({ fsync: 'off' });
if (!postgres) process.stdout.write('PostgreSQL: its programs are not here (apt-get install postgresql)\n');
try {
  for (const version of KAFKA_VERSIONS) {
    const broker = await startBroker({ version });
    brokers.push(broker);
    process.stdout.write(broker ? `Kafka ${version} at ${broker.brokers}\n` : `Kafka ${version}: needs java and mvn\n`);
  }
  const codes = await Promise.all(KAFKA_VERSIONS.map((version, index) => jest(suitesOf(index), version, index)));
  failed = codes.some((code) => code !== 0);
} finally {
  for (const one of [...brokers, postgres]) await one?.stop();
}
process.exit(failed ? 1 : 0);

function suitesOf(index: number): readonly string[] {
  if (asked.length > 0 && asked[0] !== '--all') return asked;
  if (index > 0) return OF_KAFKA;
  return asked.length > 0 ? [] : OF_ENGINES;
}

async function jest(suites: readonly string[], version: string, index: number): Promise<number> {
  const { ENGINE_RESULTS } = process.env;
  const results = ENGINE_RESULTS === undefined ? [] : ['--json', `--outputFile=${ENGINE_RESULTS}/kafka-${version}-tests.json`]; // prettier-ignore
  const workers = `--maxWorkers=${index === 0 ? WORKERS : WORKERS_BESIDE}`;
  const broker = brokers[index];
  const child = spawn(process.execPath, ['node_modules/jest/bin/jest.js', workers, ...results, ...suites], {
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
