import { customerCodec } from '../../apps/service/src/codec.js';
import { LedgerWalk } from '#audit';
import { controls, customer, type CustomerEvent, type CustomerState, customerStream, record } from '#customer';
import { Repository, type Decoded, noKeys, toRecord } from '#event-store';
import { alternate, median, percent, perSecond, rate, report } from './measure.js';
import { type Scratch, withScratch } from './scratch.js';

const CUSTOMERS = 64;
const ORDERS = 100;
const ROUNDS = 5;
const context = { actor: { channel: 'bench' }, correlation_id: 'v-bench' };

/** The cost of proof: chain and encryption of an append, and walking through all chains. */
export async function auditBench(): Promise<void> {
  await withScratch(async (scratch) => {
    const { store } = scratch;
    const open = new Repository<CustomerState, CustomerEvent>(
      store,
      { ...customerCodec, personal: {} },
      noKeys,
      customer,
      {
        now: () => new Date().toISOString(),
        weigh: () => 1,
        cache_weight_max: 500_000,
        isSoleWriter: true,
      },
    );
    const { sealed, plain, alone } = await alternate(ROUNDS, {
      sealed: () => orders(scratch.repository, CUSTOMERS),
      plain: () => orders(open, CUSTOMERS),
      alone: () => orders(scratch.repository, 1),
    });
    report(
      `decided, sealed, chained and durable, ${CUSTOMERS} at a time`,
      rate(sealed, 'events/s'),
      `without encryption ${rate(plain, 'events/s')}: ${percent(sealed, plain)}`,
    );
    await proofBench(scratch, { sealed, alone });
    let walked = 0;
    const speed: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const walk = new LedgerWalk();
      const all = await store.head();
      speed.push(
        await perSecond(Number(all), async () => {
          for await (const event of store.readAll()) if (walk.take(event)) throw new Error('a chain does not hold');
          for await (const { stream } of walk.hidden(store)) throw new Error(`${stream} is hidden`);
        }),
      );
      walked = walk.events;
    }
    report('verify --all', rate(median(speed), 'events/s'), `${walked.toLocaleString('en')} events, one thread`);
  });
}

/** Sealing, hashing and what belongs to it, against writing the same event down as plain JSON. */
async function proofBench({ store, decoder }: Scratch, rates: { sealed: number; alone: number }): Promise<void> {
  const recorded = [];
  for await (const event of store.readAll()) if (recorded.push(event) === 5_000) break;
  const past: Decoded<CustomerEvent>[] = await decoder.decode(recorded);
  const key = { id: 'bench', secret: Buffer.alloc(32, 7) };
  const run = (each: (one: Decoded<CustomerEvent>) => void) => () =>
    perSecond(past.length, () => {
      for (const one of past) each(one);
    });
  const { proven, bare } = await alternate(ROUNDS, {
    proven: run(({ event, envelope, recorded: { stream, revision, id } }) => {
      const place = { stream, revision, id, recorded_at: envelope.recorded_at, previous_hash: envelope.hash };
      toRecord(event, envelope, place, customerCodec, key);
    }),
    bare: run(({ event, envelope }) => void Buffer.byteLength(JSON.stringify({ event, envelope }))),
  });
  const cost_us = 1e6 / proven - 1e6 / bare;
  report(
    'chain and encryption of an append',
    `${cost_us.toFixed(1)} µs`,
    `of all of it ${percent(cost_us, 1e6 / rates.sealed)}, one at a time ${percent(cost_us, 1e6 / rates.alone)}`,
  );
}

let placed = 0;

/** Orders with personal metadata, of several customers at once. */
function orders(repository: Repository<CustomerState, CustomerEvent>, concurrent: number): Promise<number> {
  return perSecond(concurrent * ORDERS, async () => {
    placed += 1;
    for (let n = 0; n < ORDERS; n++) {
      await Promise.all(
        Array.from({ length: concurrent }, (_, at) => {
          const fact = { ...controls.order, id: `ord_${n}`, metadata: { note: 'by the door', channel: 'web' } };
          return repository.handle(
            customerStream(`cust_${placed}_${at}`),
            ({ state }) => record.order(state, fact, { at: '2026-01-01T10:00:00.000000000Z' }),
            context,
          );
        }),
      );
    }
  });
}
