import { setTimeout as sleep } from 'node:timers/promises';
import { SegmentJudge } from '../../apps/service/src/segments/judge.js';
import { type SegmentDefinition, SEGMENTS } from '../../apps/service/src/segments/segments.js';
import { type CustomerState, customerStream, nine, record, Rejection } from '#customer';
import { Catalog } from '#event-store';
import { parseFilter } from '#segment';
import { fact } from '../support/facts.js';
import { KEYS, Service } from '../support/service.js';
import { median, percent, perSecond, rate, report } from './measure.js';
import { type Scratch, withScratch } from './scratch.js';

const COUNTS = [0, 10, 100];
const CUSTOMERS = 1_000;
const ORDERS = 10;
const STATUSES = ['CREATED', 'PAID', 'FULFILLED'] as const;
const ROUNDS = 3;
const FLIPS = 400;
const CHECKS = 2_000;
const WARM_UP = 500;
const DAY_MS = 86_400_000;
const context = { actor: { channel: 'bench' }, correlation_id: 'v-bench' };
const now = (): string => new Date().toISOString();

/** Filters as people make them: a third looks at orders, the others at the profile, dates and loyalty. */
const KINDS = [
  (n: number) => ({ 'summary.orders.total_amount': { conditions: { $more_than: n * 500 } } }),
  (n: number) => ({ name: { conditions: { $starts_with: `N${n}` } } }),
  (n: number) => ({
    'metadata.note': { conditions: { $is: `${n}` } },
    'address.country': { conditions: { $is: 'PL' } },
  }),
  (n: number) => ({ 'summary.orders.last_order_date': { conditions: { $more_than_ago: 1 + n } } }),
  (n: number) => ({ created_at: { conditions: { $less_than_ago: 3_000 + n } } }),
  (n: number) => ({
    'loyalty.points': { conditions: { $more_than: n } },
    'events.visited.count': { conditions: { $more_than: n } },
  }),
];
const filterOf = (n: number): object => ({ junction: n % 2 === 0 ? 'and' : 'or', ...KINDS[n % KINDS.length]?.(n) });

export async function segmentsBench(): Promise<void> {
  const rates = new Map<number, number[]>(COUNTS.map((count) => [count, []]));
  for (let round = 0; round < ROUNDS; round++)
    for (const count of COUNTS) rates.get(count)?.push(await projecting(count));
  const [bare = 1, ...others] = COUNTS.map((count) => median(rates.get(count) ?? []));
  report('projector without segments', rate(bare, 'events/s'));
  for (const [at, figure] of others.entries())
    report(
      `projector with ${COUNTS[at + 1]} active segments`,
      rate(figure, 'events/s'),
      `without ${percent(figure, bare)}`,
    );
  const service = await Service.start();
  await flipping(service);
  await checking(service);
  await service.discard();
}

async function projecting(count: number): Promise<number> {
  return withScratch(async (scratch) => {
    const catalog = new Catalog<SegmentDefinition>(scratch.store, SEGMENTS, now);
    for (let n = 0; n < count; n++) {
      const read = parseFilter(filterOf(n));
      if ('problems' in read) throw new Error(read.problems.join());
      await catalog.define(`seg_${n}`, () => ({ name: `${n}`, type: 'auto-update', filter: read.filter }), context);
    }
    for (let order = 0; order < ORDERS; order++)
      await Promise.all(Array.from({ length: CUSTOMERS }, (_, n) => placeOrder(scratch, `bench${n}`, `${n}-${order}`)));
    let events = 0;
    const judge = new SegmentJudge(scratch.store, now);
    return perSecond(CUSTOMERS * (1 + ORDERS * STATUSES.length), async () => {
      events = await scratch.project(judge);
      if (events === 0) throw new Error('nothing was projected');
    });
  });
}

async function placeOrder({ repository }: Scratch, customerId: string, id: string): Promise<void> {
  for (const [step, status] of STATUSES.entries()) {
    const at = `2026-05-01T10:00:0${step}.000Z`;
    const order = { id, status, amount: 1_000, created_at: at, customer: { source_id: customerId } };
    const decide = ({ state }: { readonly state: CustomerState }) => record.order(state, order, { at: nine(at) });
    const outcome = await repository.handle(customerStream(customerId), decide, context);
    if (outcome instanceof Rejection) throw new Error(outcome.code);
  }
}

interface Past {
  readonly type: string;
  readonly occurred_at: string;
  readonly recorded_at: string;
}

/** From what made it so to the recorded change: an order, or the clock. */
async function flipping(service: Service): Promise<void> {
  const define = async (name: string, filter: object): Promise<void> => {
    await service.call('POST', '/v1/segments', { body: { name, filter: { junction: 'and', ...filter } } });
  };
  for (let n = 0; n < 98; n++) await define(`${n}`, filterOf(n + 1_000));
  await define('spenders', { 'summary.orders.total_amount': { conditions: { $is: 777 } } });
  await define('a day ago', { 'metadata.seen_at': { conditions: { $more_than_ago: 1 } } });
  const start_ms = Date.now() + 6_000;
  for (let n = 0; n < FLIPS; n++) {
    const seen_at = new Date(start_ms + 10 * n - DAY_MS).toISOString();
    await service.call('POST', '/v1/customers', { body: { source_id: `flip${n}`, metadata: { seen_at } } });
    await service.facts(
      [fact('order.paid', now(), { id: 'o1', amount: 777, status: 'PAID', customer: { source_id: `flip${n}` } })],
      KEYS.admin,
    );
  }
  await sleep(Math.max(0, start_ms + 10 * FLIPS - Date.now()) + 2_000);
  const [byFact, byClock]: [number[], number[]] = [[], []];
  for (let n = 0; n < FLIPS; n++) {
    const { body } = await service.call('GET', `/v1/customers/flip${n}/history`, { key: KEYS.audit });
    const events = body.events as (Past & { data: { segment?: { name: string } } })[];
    const entered = (name: string) =>
      events.find(({ type, data }) => type === 'SegmentEntered' && data.segment?.name === name);
    const placed = events.find(({ type }) => type === 'OrderPlaced');
    const [spender, later] = [entered('spenders'), entered('a day ago')];
    if (!placed || !spender || !later) throw new Error(`flip${n} has not entered`);
    byFact.push(Date.parse(spender.recorded_at) - Date.parse(placed.recorded_at));
    byClock.push(Date.parse(later.recorded_at) - Date.parse(later.occurred_at));
  }
  for (const [what, times] of [
    ['an order', byFact],
    ['the clock', byClock],
  ] as const)
    report(
      `membership change after ${what}, 100 active segments`,
      `p50 ${median(times)} ms`,
      `p99 ${quantile(times, 0.99)} ms`,
    );
}

/** One check after the other, each of another customer. */
async function checking(service: Service): Promise<void> {
  const segments = await service.call('GET', '/v1/segments?limit=1');
  const { body } = await service.call('POST', '/v1/validation-rules', {
    body: {
      name: 'bench',
      rules: {
        '1': { name: 'customer.segment', conditions: { $is: [segments.body.data[0].id] } },
        '2': { name: 'redemption.count.per_customer.monthly', conditions: { $less_than: 3 } },
        '3': { name: 'customer.metadata', property: 'vip', conditions: { $is: true } },
        logic: '(1 or 3) and 2',
      },
    },
  });
  const times: number[] = [];
  for (let n = -WARM_UP; n < CHECKS; n++) {
    const started_ms = performance.now();
    await service.call('POST', `/v1/validation-rules/${body.id}/check`, {
      body: { customer: { source_id: `flip${(n + WARM_UP) % FLIPS}` } },
    });
    if (n >= 0) times.push(performance.now() - started_ms);
  }
  report(
    'validation check over HTTP, 100 active segments',
    `p50 ${median(times).toFixed(1)} ms`,
    `p99 ${quantile(times, 0.99).toFixed(1)} ms`,
  );
}

const quantile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN;
