import { cpus } from 'node:os';
import { auditBench } from './audit.bench.js';
import { breadthBench } from './breadth.bench.js';
import { bulkBench } from './bulk.bench.js';
import { historyBench } from './history.bench.js';
import { httpBench } from './http.bench.js';
import { table } from './measure.js';
import { projectorBench } from './projector.bench.js';
import { rebuildBench } from './rebuild.bench.js';
import { segmentsBench } from './segments.bench.js';
import { serviceBench } from './service.bench.js';
import { storeBench } from './store.bench.js';

/* All figures of docs/performance.md in one run: medians, each against something measured in the same run. */

const parts = {
  store: storeBench,
  history: historyBench,
  audit: auditBench,
  projector: projectorBench,
  segments: segmentsBench,
  breadth: breadthBench,
  http: httpBench,
  service: serviceBench,
  bulk: bulkBench,
  rebuild: rebuildBench,
};
const wanted = process.argv.slice(2);

process.stdout.write(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}\n\n`);
for (const [name, measure] of Object.entries(parts)) if (wanted.length === 0 || wanted.includes(name)) await measure();
process.stdout.write(`\n${table()}\n`);
