import { setTimeout as sleep } from 'node:timers/promises';
import type { EventStore, RecordedEvent } from '#event-store';
import { type ByCustomer, takeIn } from '../batch.js';
import { byCustomer, CUSTOMER_STREAMS, type Decoding, decodeAll } from '../incoming.js';
import { type Holding, type Leases, Overtaken } from '../leases.js';
import type { Incoming } from '../projection.js';
import { PROJECTOR } from '../projector.js';
import type { Db } from '../queries/statements.js';
import type { ReadModel } from '../read-model.js';
import { redrive } from '../redrive.js';
import type { RebuildsTable } from '../schema.js';
import { compare, Findings, nextIds, snapshot } from './comparison.js';
import { BOUND, dropGeneration, findGeneration, inGeneration, makeNext, missingIndexes, type Other, retire, tableOf } from './generation.js';
import { type Rebuild, Rebuilds } from './rebuilds.js';
import { settle } from './settling.js';

/** What a rebuild needs of the event store. */
export type History = Pick<EventStore, 'readAll' | 'read'>;

export interface RebuilderOptions {
  /** Unique among the running ones; one that comes back under its old name goes on at once. */
  readonly instance: string;
  readonly lease_ms?: number;
  /** Events read and sorted by customer at a time: the more, the fewer rows are written twice. */
  readonly batch_size_max?: number;
  /** Events per transaction: the more, the longer the live projector waits. */
  readonly transaction_size_max?: number;
  /** After each transaction: a moment in which the live projector gets its turn. */
  readonly pause_ms?: number;
  /** How often it is looked whether there is something to do. */
  readonly poll_ms?: number;
  /** Another generation is live from now on. */
  readonly onSwitch?: () => void;
  readonly onEnd?: (rebuild: Rebuild) => void;
  /** Before another attempt; `tries` counts the failures in a row. */
  readonly onTrouble?: (error: unknown, tries: number) => void;
  readonly clock?: () => number;
}

/** The name under which instances agree who rebuilds. */
export const REBUILD = 'rebuild';
const BATCH_SIZE_MAX = 20_000;
const TRANSACTION_SIZE_MAX = 2_500;
const PAUSE_MS = 6;
const POLL_MS = 500;
const LOOK_AGAIN_MS = 20;
const RETRY_MS_MAX = 10_000;
const RENEWALS = 4;
/** Customers compared with one question. */
const CHUNK = 250;
/** While a comparison goes through all customers the next generation is kept about level. */
const CATCH_UP_MS = 500;
/** So many customers that moved on while they were looked at can be compared with everybody else kept waiting. */
const LATER_MAX = 500;
const ROUNDS_MAX = 20;

/** How far the comparison has got: kept in memory, it begins anew with whoever goes on. */
interface Comparing {
  readonly id: string;
  readonly findings: Findings;
  /** Undefined when everybody was looked at once. */
  cursor: string | undefined;
  later: Set<string>;
  rounds: number;
  level_at_ms: number;
}

/**
 * Carries out rebuilds, one after the other, in small steps: each is one transaction that also makes sure that nobody has
 * taken over. All that is done is in the database, so whoever comes next goes on from there.
 */
export class Rebuilder {
  readonly rebuilds: Rebuilds;
  private readonly leases: Leases;
  private readonly projectors: Leases;
  private holding: Holding | undefined;
  private comparing: Comparing | undefined;

  constructor(
    private readonly model: ReadModel,
    private readonly store: History,
    private readonly decoder: Decoding,
    private readonly options: RebuilderOptions,
  ) {
    const { instance, lease_ms } = options;
    const lease = { instance, shards: 1, ...(lease_ms !== undefined && { lease_ms }) };
    this.leases = model.leases({ work: REBUILD, ...lease });
    this.projectors = model.leases({ work: PROJECTOR, ...lease });
    this.rebuilds = new Rebuilds(model.db, options.clock);
  }

  /** Until the signal aborts; what fails is tried again after growing pauses. */
  async run(signal: AbortSignal): Promise<void> {
    const keeping = this.keep(signal);
    let tries = 0;
    while (!signal.aborted) {
      const wait_ms = await this.step().then(
        (hasWorked) => {
          tries = 0;
          return hasWorked ? (this.options.pause_ms ?? PAUSE_MS) : (this.options.poll_ms ?? POLL_MS);
        },
        (error: unknown) => {
          this.holding = undefined;
          if (!(error instanceof Overtaken)) this.options.onTrouble?.(error, ++tries);
          return Math.min(RETRY_MS_MAX, 100 * 2 ** Math.min(tries, 16));
        },
      );
      await sleep(wait_ms, undefined, { signal }).catch(() => undefined);
    }
    await keeping;
    await this.leases.release().catch(() => undefined);
  }

  /** Takes the work, unless another instance has it. */
  async attach(): Promise<boolean> {
    await this.leases.prepare();
    this.holding = (await this.leases.tick())[0];
    return this.holding !== undefined;
  }

  /** One step; false when there is nothing to do now. Throws Overtaken, with nothing done. */
  async step(): Promise<boolean> {
    if (this.holding === undefined && !(await this.attach())) return false;
    const row = await this.rebuilds.openRow();
    if (row?.wish === 'cancel') return this.end(row, 'cancelled');
    if (row === undefined || row.state === 'waiting') return (await this.sweep()) || (row !== undefined && this.begin(row));
    if (row.wish === 'pause') return false;
    if (row.state === 'building') return this.build(row);
    if (row.state === 'comparing') return this.compareMore(row);
    return this.finish(row);
  }

  /** Whether we have the work and nobody has taken it over. */
  private transact<T>(work: (tx: Db) => Promise<T>): Promise<T> {
    return this.model.db.transaction().execute(async (tx) => {
      await this.hold(tx);
      return work(tx);
    });
  }

  private hold(tx: Db): Promise<void> {
    if (this.holding === undefined) throw new Overtaken(REBUILD);
    return this.leases.hold(tx, this.holding);
  }

  /** What is left of a rebuild that did not come to its end, or only compared, is dropped. */
  private async sweep(): Promise<boolean> {
    if ((await findGeneration(this.model.db, 'next')) === undefined) return false;
    const { thinOut } = this.model.storage;
    if (thinOut) {
      for (const table of BOUND) {
        const { numAffectedRows = 0n } = await this.transact((tx) => thinOut(tableOf('next', table)).execute(tx));
        if (numAffectedRows > 0n) return true;
      }
    }
    await this.transact((tx) => dropGeneration(tx, 'next'));
    return true;
  }

  private async begin(row: RebuildsTable): Promise<boolean> {
    const { db, storage } = this.model;
    const started_at = this.rebuilds.now();
    if (row.customer_id !== null) return this.rebuildCustomer(row, row.customer_id);
    const former = await findGeneration(db, 'former');
    if (row.kind === 'switch_back' && former === undefined) return this.end(row, 'failed', 'nothing_to_switch_back_to');
    if (row.kind === 'rebuild' && former !== undefined) {
      // as the next one it is swept away before anything is made
      await this.transact((tx) => retire(tx));
      return true;
    }
    await this.transact(async (tx) => {
      if (row.kind !== 'switch_back') await makeNext(tx, storage.words);
      await this.rebuilds.change(tx, row.id, { state: 'building', started_at });
    });
    return true;
  }

  private async rebuildCustomer(row: RebuildsTable, customer: string): Promise<boolean> {
    const { model, store, decoder, projectors: leases } = this;
    const mode = row.kind === 'customer_check' ? 'check' : 'mend';
    const started_at = this.rebuilds.now();
    const { paths, revision, events, isParked } = await redrive({ model, store, decoder, leases }, customer, mode);
    const findings = new Findings();
    const differing = paths.length === 0 ? [] : [{ customer, revision, paths: paths.slice(0, 20), paths_total: paths.length }]; // prettier-ignore
    findings.note({ compared: revision < 0 && events === 0 ? [] : [customer], differing, later: [] });
    const report = JSON.stringify(findings.report(events, []));
    return this.end(row, 'done', isParked ? 'parked' : undefined, { started_at, events, report });
  }

  private async build(row: RebuildsTable): Promise<boolean> {
    const generation = generationOf(row);
    if (!(await this.take(row, generation))) return true;
    if (generation === 'next') await this.index();
    const state = row.kind === 'switch_back' ? 'switching' : 'comparing';
    await this.transact((tx) => this.rebuilds.change(tx, row.id, { state }));
    return true;
  }

  /** Takes the next events in; true at the present end of the history. */
  private async take(row: RebuildsTable, generation: Other): Promise<boolean> {
    const started_ms = performance.now();
    const batch_size_max = this.options.batch_size_max ?? BATCH_SIZE_MAX;
    const from = (await findGeneration(this.model.db, generation))?.position ?? null;
    const events: RecordedEvent[] = [];
    const after = from === null ? undefined : BigInt(from);
    for await (const event of this.store.readAll(after, batch_size_max)) events.push(event);
    const last = events.at(-1);
    if (last === undefined) return true;
    const own = events.filter(({ stream }) => stream.startsWith(CUSTOMER_STREAMS));
    const incoming = byCustomer(await decodeAll(this.decoder, own));
    const target = (await this.model.reached(PROJECTOR))?.newest ?? last.position;
    const parts = portions(incoming, this.options.transaction_size_max ?? TRANSACTION_SIZE_MAX);
    // what is taken in before the position moves is skipped by whoever has to begin with it again
    for (const part of parts.slice(0, -1)) {
      await this.transact((tx) => takeIn(inGeneration(tx, generation), part));
      await sleep(this.options.pause_ms ?? PAUSE_MS);
    }
    await this.transact(async (tx) => {
      await takeIn(inGeneration(tx, generation), parts.at(-1) ?? new Map());
      await tx
        .updateTable('generations')
        .set({ position: String(last.position) })
        .where('name', '=', generation)
        .execute();
      await this.rebuilds.change(tx, row.id, {
        events: row.events + own.length,
        working_ms: row.working_ms + Math.round(performance.now() - started_ms),
        position: String(last.position),
        target: String(target > last.position ? target : last.position),
      });
    });
    row.events += own.length;
    return events.length < batch_size_max;
  }

  /** Made after the rows are there, which is quicker; one at a time, so that nobody waits for long. */
  private async index(): Promise<void> {
    const { db, storage } = this.model;
    const number = (await findGeneration(db, 'next'))?.number ?? 0;
    const count = missingIndexes(db, storage.words, number).length;
    for (let at = 0; at < count; at++) {
      await this.transact((tx) => missingIndexes(tx, storage.words, number)[at]?.() ?? Promise.resolve());
      await sleep(this.options.pause_ms ?? PAUSE_MS);
    }
  }

  private async compareMore(row: RebuildsTable): Promise<boolean> {
    if (this.comparing?.id !== row.id) this.comparing = begun(row.id);
    const { comparing } = this;
    if (performance.now() - comparing.level_at_ms > CATCH_UP_MS) {
      if (await this.take(row, 'next')) comparing.level_at_ms = performance.now();
      return true;
    }
    if (comparing.cursor !== undefined) await this.compareOn(comparing, comparing.cursor);
    else if (comparing.later.size > LATER_MAX && comparing.rounds < ROUNDS_MAX) await this.compareAgain(row, comparing);
    else await this.transact((tx) => this.rebuilds.change(tx, row.id, { state: 'switching' }));
    return true;
  }

  private async compareOn(comparing: Comparing, cursor: string): Promise<void> {
    const { ids, found } = await snapshot(this.model.db, async (tx) => {
      const page = await nextIds(tx, 'next', cursor, CHUNK);
      return { ids: page, found: await compare(tx, 'next', page, false) };
    });
    comparing.findings.note(found);
    for (const id of found.later) comparing.later.add(id);
    comparing.cursor = ids.length < CHUNK ? undefined : ids.at(-1);
  }

  private async compareAgain(row: RebuildsTable, comparing: Comparing): Promise<void> {
    comparing.rounds++;
    await this.take(row, 'next');
    const waiting = [...comparing.later];
    comparing.later = new Set();
    for (let from = 0; from < waiting.length; from += CHUNK) {
      const ids = waiting.slice(from, from + CHUNK);
      const found = await snapshot(this.model.db, (tx) => compare(tx, 'next', ids, false));
      comparing.findings.note(found);
      for (const id of found.later) comparing.later.add(id);
    }
  }

  /** The rest, with everybody else kept waiting for a moment. */
  private async finish(row: RebuildsTable): Promise<boolean> {
    const generation = generationOf(row);
    if (generation === 'next' && this.comparing?.id !== row.id) {
      await this.transact((tx) => this.rebuilds.change(tx, row.id, { state: 'comparing' }));
      return true;
    }
    const { findings, later } = this.comparing ?? begun(row.id);
    const { model, store, decoder, projectors } = this;
    const parts = { model, store, decoder, projectors, hold: (tx: Db) => this.hold(tx) };
    const isSwitch = row.kind !== 'check';
    const outcome = await settle(parts, generation, { later: [...later], findings, isSwitch }, async (tx, end) => {
      const report = generation === 'next' ? JSON.stringify(end.findings.report(row.events, end.counters)) : null;
      const state = end.refusal === undefined ? 'done' : 'failed';
      await this.rebuilds.end(tx, row.id, state, { report, error: end.refusal ?? null });
    });
    if (outcome === 'behind') await this.take(row, generation);
    if (outcome === 'behind' || outcome === 'ahead' || outcome === 'missed') await sleep(LOOK_AGAIN_MS);
    if (outcome === 'switched') this.options.onSwitch?.();
    if (outcome === 'switched' || outcome === 'left') await this.told(row.id);
    return true;
  }

  private async end(
    row: RebuildsTable,
    state: 'done' | 'cancelled' | 'failed',
    error?: string,
    set: Partial<RebuildsTable> = {},
  ): Promise<boolean> {
    await this.transact((tx) => this.rebuilds.end(tx, row.id, state, { ...set, error: error ?? null }));
    await this.told(row.id);
    return true;
  }

  private async told(id: string): Promise<void> {
    this.comparing = undefined;
    const rebuild = await this.rebuilds.find(id);
    if (rebuild) this.options.onEnd?.(rebuild);
  }

  /** Renews the lease until the signal aborts, and lets go of what is not ours any more. */
  private async keep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.leases.lease_ms / RENEWALS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const held = await this.leases.tick().catch(() => []);
      if (held[0]?.token !== this.holding?.token) this.holding = held[0];
    }
  }
}

/** Customers, none of them divided, with about so many events together. */
function portions(incoming: ByCustomer, events_max: number): ByCustomer[] {
  const parts: Map<string, readonly Incoming[]>[] = [];
  let events = events_max;
  for (const [id, own] of incoming) {
    if (events >= events_max) {
      parts.push(new Map());
      events = 0;
    }
    parts.at(-1)?.set(id, own);
    events += own.length;
  }
  return parts;
}

const generationOf = ({ kind }: RebuildsTable): Other => (kind === 'switch_back' ? 'former' : 'next');

const begun = (id: string): Comparing => ({
  id,
  findings: new Findings(),
  cursor: '',
  later: new Set(),
  rounds: 0,
  level_at_ms: 0,
});

