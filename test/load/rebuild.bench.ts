import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { nine, record, Rejection } from '#customer';
import { fact } from '../support/facts.js';
import { random } from '../support/random.js';
import { KEYS, Service } from '../support/service.js';
import { median, rate, report } from './measure.js';
import { MASTER_KEY, type Scratch, withScratch } from './scratch.js';

const CUSTOMERS = Number(process.env['REBUILD_CUSTOMERS'] ?? 100_000);
const ORDERS = 3;
const STATUSES = ['CREATED', 'PAID', 'FULFILLED'] as const;
const TOGETHER = 2_000;
const CANCELS = 30;
const READERS = 4;
/** Facts a second, beside the readers. */
const FACTS = 200;
const context = { actor: { channel: 'bench' }, correlation_id: 'v-bench' };

/** A rebuild of 100,000 customers with a million events: alone, beside readers and facts, and given up 30 times before. */
export async function rebuildBench(): Promise<void> {
  await withScratch(async (scratch) => {
    for (let first = 0; first < CUSTOMERS; first += TOGETHER)
      await Promise.all(
        Array.from({ length: Math.min(TOGETHER, CUSTOMERS - first) }, (_, n) => fill(scratch, first + n)),
      );
    await scratch.project();
    await scratch.close();
    const LEDGER_MASTER_KEY = MASTER_KEY.toString('base64');
    const service = await Service.start({
      directory: scratch.directory,
      env: { LEDGER_MASTER_KEY, LOG_LEVEL: 'warn' },
    });
    try {
      await measure(service);
    } finally {
      await service.kill();
    }
  });
}

async function fill({ repository }: Scratch, n: number): Promise<void> {
  for (let order = 0; order < ORDERS; order++) {
    for (const [step, status] of STATUSES.entries()) {
      const at = `2024-05-0${1 + order}T10:00:0${step}.000Z`;
      const one = { id: `${n}-${order}`, status, amount: 1_000 + n, created_at: at, metadata: { channel: 'web' } };
      const placed = { ...one, customer: { source_id: `bench-${n}` } };
      const outcome = await repository.handle(
        idOf(n),
        ({ state }) => record.order(state, placed, { at: nine(at) }),
        context,
      );
      if (outcome instanceof Rejection) throw new Error(outcome.code);
    }
  }
}

const idOf = (n: number): string => `customer-bench${n}`;

async function measure(service: Service): Promise<void> {
  const ready = async (): Promise<boolean> =>
    (await service.call('GET', '/health/ready', { key: null })).status === 200;
  while (!(await ready())) await sleep(100);
  const memory: number[] = [];
  const sampling = setInterval(() => memory.push(memoryOf(service.pid, 'VmRSS')), 250);
  const alone = await finished(service, await asked(service));
  clearInterval(sampling);
  const events = alone.report.events.toLocaleString('en');
  report(
    `rebuild of ${events} events, ${CUSTOMERS.toLocaleString('en')} customers`,
    rate(alone.rate, 'events/s'),
    took(alone),
  );

  const half = memory.length / 2;
  report(
    'memory of the service meanwhile',
    `${Math.max(...memory.slice(half))} MB`,
    `at most, in the second half; ${Math.max(...memory.slice(0, half))} MB in the first`,
  );

  const alone_ms = Date.parse(alone.ended_at) - Date.parse(alone.started_at);
  const load = new Load(service);
  await load.begin();
  const dice = random(17);
  const states: string[] = [];
  for (let n = 0; n < CANCELS; n++) {
    const id = await asked(service);
    // anywhere in it, early more often than late: all of it 30 times would take long
    await sleep(dice() ** 6 * alone_ms);
    await service.call('POST', `/v1/rebuilds/${id}/cancel`);
    states.push((await finished(service, id)).state);
  }
  const beside = await finished(service, await asked(service));
  const { reads, errors, back, worst_ms, median_ms, facts } = await load.end();
  report('the same beside readers and facts', rate(beside.rate, 'events/s'), took(beside));
  report(
    `given up at ${CANCELS} random moments before`,
    `${beside.report.customers_differing} differ`,
    `cancelled ${states.filter((state) => state === 'cancelled').length} times`,
  );
  report(
    'GETs meanwhile',
    reads.toLocaleString('en'),
    `errors ${errors}, steps back ${back}, median ${median_ms.toFixed(1)} ms, slowest ${Math.round(worst_ms)} ms; ${facts} facts`,
  );
  report('peak memory of the service', `${memoryOf(service.pid, 'VmHWM')} MB`, 'readers, facts and all');
  if (errors + back + beside.report.customers_differing > 0) throw new Error('a reader saw the rebuild');
}

// Answers are looked at field by field.
/* eslint-disable @typescript-eslint/no-explicit-any */
async function asked(service: Service): Promise<string> {
  const { body } = await service.call('POST', '/v1/rebuilds', { body: {} });
  return body.id;
}

async function finished(service: Service, id: string): Promise<any> {
  for (;;) {
    const { body } = await service.call('GET', `/v1/rebuilds/${id}`);
    if (!body.is_open) return body;
    await sleep(100);
  }
}

const took = ({ started_at, ended_at, report: found }: any): string =>
  `${((Date.parse(ended_at) - Date.parse(started_at)) / 1000).toFixed(1)} s with comparing and switching; ${found.customers_compared} customers compared, ${found.customers_differing} differ`;

/** Readers that never pause and a stream of facts under the same key, so that each read waits for the projector; a reader that saw a revision must not see a smaller one. */
class Load {
  private running = true;
  private readonly seen = new Map<string, number>();
  private readonly result = { reads: 0, errors: 0, back: 0, worst_ms: 0, facts: 0 };
  private readonly times_ms: number[] = [];
  private all: Promise<unknown> = Promise.resolve();

  constructor(private readonly service: Service) {}

  async begin(): Promise<void> {
    this.all = Promise.all([
      ...Array.from({ length: READERS }, (_, n) => this.read(random(n))),
      this.write(random(99)),
    ]);
  }

  async end() {
    this.running = false;
    await this.all;
    return { ...this.result, median_ms: median(this.times_ms) };
  }

  private async read(dice: () => number): Promise<void> {
    while (this.running) {
      const id = `bench${Math.floor(dice() ** 3 * CUSTOMERS)}`;
      const least = this.seen.get(id) ?? 0;
      const started_ms = performance.now();
      const { status, headers } = await this.service.call('GET', `/v1/customers/${id}`);
      const revision = Number(/\d+/.exec(headers.get('etag') ?? '')?.[0] ?? -1);
      this.result.reads++;
      this.times_ms.push(performance.now() - started_ms);
      this.result.worst_ms = Math.max(this.result.worst_ms, performance.now() - started_ms);
      if (status !== 200) this.result.errors++;
      else if (revision < least) this.result.back++;
      this.seen.set(id, Math.max(revision, this.seen.get(id) ?? 0));
      await sleep(2);
    }
  }

  private async write(dice: () => number): Promise<void> {
    for (let n = 0; this.running; n++) {
      const batch = Array.from({ length: FACTS / 10 }, (_, at) =>
        fact('order.paid', new Date().toISOString(), {
          id: `more-${n}-${at}`,
          amount: 5,
          customer: { id: `bench${Math.floor(dice() ** 3 * CUSTOMERS)}` },
        }),
      );
      const { body } = await this.service.facts(batch, KEYS.admin);
      this.result.facts += body.accepted;
      await sleep(100);
    }
  }
}

const memoryOf = (pid: number, field: 'VmHWM' | 'VmRSS'): number =>
  Math.round(
    Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
  );
