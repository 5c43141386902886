import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { KAFKA_VERSIONS } from '../engines/kafka/jars.js';
import { startBroker } from '../engines/kafka/broker.js';
import { startPostgres } from '../engines/postgres.js';
import { StandIn } from '../support/stand-in.js';
import { enginesBench } from './engines.bench.js';
import { table } from './measure.js';

/* `npm run bench:engines`: the service on a real Kafka and a real PostgreSQL, which it starts and stops itself. */

const version = KAFKA_VERSIONS[KAFKA_VERSIONS.length - 1] ?? '';
const folder = await mkdtemp(join(tmpdir(), 'ledger-bench-engines-'));
const [broker, postgres] = await Promise.all([startBroker({ version }), startPostgres()]);
if (!broker || !postgres) throw new Error('this bench needs java, mvn and PostgreSQL');
const store = await StandIn.start(join(folder, 'events.db'));
process.stdout.write(`Node ${process.version}, Kafka ${version}, ${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}\n\n`);
try {
  const engines = { brokers: broker.brokers, server: postgres.url };
  await enginesBench('embedded event store', engines);
  await enginesBench('the same without publishing', { ...engines, roles: 'api,ingest,projector' });
  await enginesBench('EventStoreDB client on the stand-in', { ...engines, event_store: store.url });
} finally {
  await store.kill();
  await Promise.all([broker.stop(), postgres.stop()]);
  await rm(folder, { recursive: true, force: true });
}
process.stdout.write(`\n${table()}\n`);
