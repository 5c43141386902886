import { controls, type CustomerState, customerStream, nine, record, type Rejection } from '#customer';
import { documentOf, entryOf, explain, History, selector } from '#audit';
import { median, rate, report } from './measure.js';
import { type Scratch, withScratch } from './scratch.js';

const SIZES = [1_000, 100_000];
const ROUNDS = 15;
const NOW = { recorded_at: '9999-12-31T00:00:00.000Z' };

/** The questions that auditors wait for: a customer as of a moment, an explanation, and the whole history as lines. */
export async function historyBench(): Promise<void> {
  await withScratch(async (scratch) => {
    const history = new History(scratch.store, scratch.decoder);
    for (const events of SIZES) {
      const id = `cust_${events}`;
      await fill(scratch, id, events);
      const rounds = events > 10_000 ? 3 : ROUNDS;
      const half = { revision: Math.floor(events / 2) };
      const whole = await ms(rounds, async () => documentOf(id, (await history.standing(id, NOW)).state));
      const part = await ms(rounds, async () => documentOf(id, (await history.standing(id, half)).state));
      const name = `${events.toLocaleString('en')} events`;
      report(`as of now, ${name}`, `${whole.toFixed(1)} ms`, `as of the middle ${part.toFixed(1)} ms`);
      const one = await ms(rounds, () => explain(history, id, NOW, selector('summary.orders.total_amount')));
      report(`explain a figure, ${name}`, `${one.toFixed(1)} ms`);
    }
    await streaming(history, `cust_${SIZES.at(-1)}`);
  });
}

async function streaming(history: History, id: string): Promise<void> {
  let [events, peak] = [0, 0];
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const started_ms = performance.now();
  for await (const past of history.events(id)) {
    JSON.stringify(entryOf(past));
    if (++events % 1_000 === 0) peak = Math.max(peak, process.memoryUsage().rss);
  }
  const seconds = (performance.now() - started_ms) / 1_000;
  const grown = Math.max(0, Math.round((peak - before) / 1_048_576));
  report('history as lines', rate(events / seconds, 'events/s'), `memory grew by ${grown} MB over ${events} events`);
}

async function fill({ repository }: Scratch, id: string, events: number): Promise<void> {
  const context = { correlation_id: 'bench', actor: { channel: 'BENCH' } };
  for (let from = 0; from < events; from += 1_000) {
    const told = Array.from({ length: Math.min(1_000, events - from) }, (_, n) => {
      const order = {
        ...controls.order,
        id: `ord_${Math.floor((from + n) / 3)}`,
        amount: from + n,
        customer: { source_id: id },
      };
      const at = new Date(Date.UTC(2020, 0, 1) + (from + n) * 60_000).toISOString();
      const decide = ({ state }: { readonly state: CustomerState }) => record.order(state, order, { at: nine(at) });
      return repository.handle<Rejection>(customerStream(id), decide, context);
    });
    await Promise.all(told);
  }
}

async function ms(rounds: number, run: () => Promise<unknown>): Promise<number> {
  const taken: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const started_ms = performance.now();
    await run();
    if (round >= 0) taken.push(performance.now() - started_ms);
  }
  return median(taken);
}
