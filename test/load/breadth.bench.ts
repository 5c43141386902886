import { fact } from '../support/facts.js';
import { KEYS, Service } from '../support/service.js';
import { eventually } from '../support/wait.js';
import { median, report } from './measure.js';

const SIZES = [1_000, 10_000];
const BATCH = 500;
const ROUNDS = 5;
/** Facts about one more thing each, or about one that is there. */
const MORE = 1_000;
const CARDS_AT_ONCE = [1_000, 2_000, 4_000];
const WARM_UP = 4;

const PROBE = new URL('hold-probe.js', import.meta.url).href;
const HELD = 'held ';

/** A fact about the n-th thing of a customer; `turn` makes it another one. */
type Told = (source_id: string, n: number, turn: number) => object;

const TIME = '2026-01-01T00:00:00Z';
const club = { id: 'club', name: 'Club' };
const points = (source_id: string, campaign: object, card: number, turn: number): object =>
  fact('voucher.loyalty_card.points_added', TIME, {
    customer: { source_id },
    campaign,
    voucher: { id: `card-${source_id}-${card}` },
    balance: { points: 1 },
    transaction: { id: `points-${source_id}-${card}-${turn}` },
  });

const KINDS: Readonly<Record<string, Told>> = {
  'loyalty cards': (source_id, n, turn) => points(source_id, club, n, turn),
  'loyalty campaigns': (source_id, n, turn) => points(source_id, { id: `club-${n}`, name: `Club ${n}` }, n, turn),
  'gift cards': (source_id, n, turn) =>
    fact('voucher.gift.balance_added', TIME, {
      customer: { source_id },
      voucher: { id: `gift-${source_id}-${n}` },
      balance: { amount: 1 },
      transaction: { id: `gift-${source_id}-${n}-${turn}` },
    }),
  'referred customers': (source_id, n, turn) =>
    fact('customer.referred', TIME, {
      customer: { source_id: `friend-of-${source_id}-${n}-${turn}` },
      referrer: { source_id },
      campaign: { id: 'friends', name: 'Friends' },
      redemption: { id: `friend-${source_id}-${n}-${turn}` },
    }),
};

/** The cost of a fact when its customer has much of something, and the time for which a batch of such facts holds the event loop. */
export async function breadthBench(): Promise<void> {
  for (const [kind, told] of Object.entries(KINDS)) await costBench(kind, told);
  await holdingBench();
}

async function costBench(kind: string, told: Told): Promise<void> {
  // the auditor's work depends on the clock, not on the facts
  const service = await Service.start({ env: { AUDIT_INTERVAL_MS: '0' } });
  const costs = new Map<number, number[]>(SIZES.map((size) => [size, []]));
  const sent = new Map<number, number>();
  const tell = async (size: number, from: number, count: number, turn: number): Promise<void> => {
    const facts = Array.from({ length: count }, (_, n) => told(`with-${size}`, (from + n) % size, turn));
    for (let n = 0; n < count; n += BATCH) await accepted(service, facts.slice(n, n + BATCH));
    sent.set(size, (sent.get(size) ?? 0) + count);
    await eventually(async () => {
      const { body } = await service.call('GET', `/v1/customers/with-${size}`);
      const { loyalty, summary } = body;
      const counted = loyalty.points + loyalty.referred_customers + summary.redemptions.gift.amount_to_go;
      if (counted !== sent.get(size)) throw new Error(`of ${sent.get(size)} facts ${counted} are shown`);
    });
  };
  for (const size of SIZES) await tell(size, 0, size, 0);
  for (let round = 1; round <= ROUNDS; round++)
    for (const size of SIZES) {
      const before = await cpuSeconds(service);
      // spread over all of them
      await tell(size, round * MORE, MORE, round);
      const after = await cpuSeconds(service);
      costs.get(size)?.push(((after - before) * 1e6) / MORE);
    }
  await service.discard();
  const [few = 0, many = 0] = SIZES.map((size) => median(costs.get(size) ?? []));
  const [least = 0, most = 0] = SIZES.map((size) => size.toLocaleString('en'));
  report(
    `a fact about one of ${most} ${kind}, processor time`,
    `${Math.round(many)} µs`,
    `one of ${least}: ${Math.round(few)} µs, ${(many / few).toFixed(2)} times`,
  );
}

/** All of one batch, about cards that are new. */
async function holdingBench(): Promise<void> {
  const service = await Service.start({ env: { NODE_OPTIONS: `--import ${PROBE}` } });
  // code that runs for the first time is slow, and is no matter of how many cards there are
  for (let n = 0; n < WARM_UP; n++) await accepted(service, cards(`warm-${n}`, BATCH));
  for (const size of CARDS_AT_ONCE) {
    const [costs, took_ms, holds]: [number[], number[], Held[]] = [[], [], []];
    for (let round = 0; round < ROUNDS; round++) {
      const facts = cards(`held-${size}-${round}`, size);
      await longestHold(service);
      const before = await cpuSeconds(service);
      const start = performance.now();
      await accepted(service, facts);
      took_ms.push(performance.now() - start);
      costs.push((((await cpuSeconds(service)) - before) * 1e6) / size);
      holds.push(await longestHold(service));
    }
    const [cpu_ms, clock_ms] = [holds.map((held) => held.cpu_ms), holds.map((held) => held.clock_ms)];
    report(
      `${size.toLocaleString('en')} facts about as many cards of one customer, in one batch`,
      `${Math.round(median(took_ms))} ms`,
      `${Math.round(median(costs))} µs of processor time a fact until the answer; event loop held at most ${figures(cpu_ms)} ` +
        `of processor time, ${figures(clock_ms)} by the clock`,
    );
  }
  await service.discard();
}

const figures = (held_ms: readonly number[]): string =>
  `${Math.round(median(held_ms))} ms (worst of ${held_ms.length}: ${Math.round(Math.max(...held_ms))} ms)`;

const cards = (source_id: string, count: number): object[] =>
  Array.from({ length: count }, (_, n) => points(source_id, club, n, 0));

async function accepted(service: Service, facts: readonly object[]): Promise<void> {
  // the key that reads afterwards: its reads wait for what it wrote
  const { body, text } = await service.facts(facts, KEYS.admin);
  if (body.accepted !== facts.length) throw new Error(text.slice(0, 500));
}

async function cpuSeconds(service: Service): Promise<number> {
  const { text } = await service.call('GET', '/metrics');
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]);
}

interface Held {
  readonly cpu_ms: number;
  readonly clock_ms: number;
}

/** The longest hold of the service's event loop since the last question. */
async function longestHold(service: Service): Promise<Held> {
  const from = service.output.length;
  service.signal('SIGUSR2');
  let line: string | undefined;
  await eventually(async () => {
    line = service.output.slice(from).find((one) => one.startsWith(HELD));
    if (line === undefined) throw new Error('the probe says nothing');
  });
  return JSON.parse((line ?? '').slice(HELD.length)) as Held;
}
