import { parseArgs } from 'node:util';
import { EventStoreDbStandIn } from './server.js';

/* The stand-in as a process of its own: prints its address and runs until it is told to stop. */

const { values } = parseArgs({ options: { file: { type: 'string' }, port: { type: 'string', default: '0' } } });
if (values.file === undefined) throw new Error('name the file of the store: --file events.db');
const node = await EventStoreDbStandIn.start({ file: values.file, port: Number(values.port) });
process.stdout.write(`${node.url}\n`);
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void node.stop().then(() => process.exit(0)));
