import { readFileSync } from 'node:fs';
import { fact } from '../support/facts.js';
import { Service } from '../support/service.js';
import { median, report } from './measure.js';

const CUSTOMERS = 100_000;
const BATCH = 500;

/** The time until the service answers, from nothing and with 100,000 customers, and the memory that those take. */
export async function serviceBench(): Promise<void> {
  const fresh: number[] = [];
  for (let round = 0; round < 5; round++) fresh.push(await startTime(undefined));
  report('start on an empty directory, until ready', `${Math.round(median(fresh))} ms`);

  const service = await Service.start();
  const left = Array.from({ length: CUSTOMERS / BATCH }, (_, batch) => batch);
  const send = async (): Promise<void> => {
    for (let batch = left.pop(); batch !== undefined; batch = left.pop()) {
      const { body } = await service.facts(
        Array.from({ length: BATCH }, (_, n) => newCustomer((batch ?? 0) * BATCH + n)),
      );
      if (body.accepted !== BATCH) throw new Error(`of ${BATCH} customers ${body.accepted} were accepted`);
    }
  };
  const start = performance.now();
  await Promise.all([send(), send(), send(), send()]);
  const seconds = (performance.now() - start) / 1000;
  await service.call('GET', '/v1/customers?limit=1');
  report(
    `peak memory after taking in ${CUSTOMERS.toLocaleString('en')} customers`,
    `${peakMegabytes(service.pid)} MB`,
    `in ${seconds.toFixed(1)} s`,
  );
  await service.stop();
  const full: number[] = [];
  for (let round = 0; round < 3; round++) full.push(await startTime(service.directory));
  report(`start with ${CUSTOMERS.toLocaleString('en')} customers, until ready`, `${Math.round(median(full))} ms`);
  await service.discard();
}

async function startTime(directory: string | undefined): Promise<number> {
  const start = performance.now();
  const service = await Service.start(directory === undefined ? {} : { directory });
  while ((await service.call('GET', '/health/ready', { key: null })).status !== 200)
    await new Promise((done) => setTimeout(done, 5));
  const time = performance.now() - start;
  if (directory === undefined) await service.discard();
  else await service.stop();
  return time;
}

const newCustomer = (n: number): object =>
  fact('customer.created', '2024-05-01T10:00:00Z', {
    source_id: `memory-${n}`,
    name: `Customer ${n}`,
    email: `customer-${n}@example.test`,
    address: { city: 'Turin', country: 'Italy' },
    metadata: { lang: 'it' },
  });

/** The high-water mark of the process's memory, threads included. */
const peakMegabytes = (pid: number): number =>
  Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
