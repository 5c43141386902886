import type { EventStore } from '#event-store';
import { type Lease, type Leases, Fenced } from '#database';
import { backoff_ms, sleep } from '#flow';
import { takeIn } from '../projecting/batch.js';
import type { Decoding } from '../projecting/incoming.js';
import { PROJECTOR } from '../projecting/work.js';
import type { Db } from '../statements.js';
import type { ReadModel } from '../read-model.js';
import { redrive } from '../projecting/redrive.js';
import type { RebuildsTable } from '../schema.js';
import { Comparing, Findings, PATHS_MAX } from './comparison.js';
import { BOUND, findGeneration, inGeneration, type Other, tableOf } from '../generation.js';
import { dropGeneration, makeNext, missingIndexes, reach, retire } from './generation-tables.js';
import { readOn, type Sizes } from './portions.js';
import { type Rebuild, Rebuilds } from './rebuilds.js';
import { complete, type CompletionOutcome } from './completion.js';

/** The part of the event store that a rebuild needs. */
export type History = Pick<EventStore, 'readAll' | 'read'>;

export interface RebuilderOptions extends Partial<Sizes> {
  /** Unique among running instances; an instance that restarts under its old name continues at once. */
  readonly instance: string;
  readonly lease_ms?: number;
  /** The pause after each transaction, for the live projector. */
  readonly pause_ms?: number;
  /** The interval between checks for work. */
  readonly poll_ms?: number;
  /** Called after another generation went live. */
  readonly onSwitch?: () => void;
  readonly onEnd?: (rebuild: Rebuild) => void;
  /** Called after the rows of an erased customer were rewritten; the rebuild is not done until it succeeds. */
  readonly onErased?: () => Promise<void>;
  /** Called before another attempt; `tries` counts the failures in a row. */
  readonly onError?: (error: unknown, tries: number) => void;
  readonly clock?: () => number;
}

/** The name of the lease on rebuilding. */
export const REBUILD = 'rebuild';
const SIZES: Sizes = { batch_size_max: 20_000, transaction_size_max: 2_500 };
const PAUSE_MS = 6;
const POLL_MS = 500;
const LOOK_AGAIN_MS = 20;
const RETRIES = { first_ms: 100, last_ms: 10_000 };
/** The interval at which the next generation catches up during a comparison. */
const CATCH_UP_MS = 500;
/**
 * Runs rebuilds, one after the other, in small steps: each is one transaction that also locks the lease. All progress
 * is in the database, so the next owner continues from there.
 */
export class Rebuilder {
  readonly rebuilds: Rebuilds;
  private readonly leases: Leases;
  private readonly projectors: Leases;
  private lease: Lease | undefined;
  private comparing: Comparing | undefined;
  private level_at_ms = 0;

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

  /** Runs until the signal aborts, and retries failures after growing pauses. */
  async run(signal: AbortSignal): Promise<void> {
    let tries = 0;
    const keeping = this.leases.keep(signal, ([held], error) => {
      if (held?.token !== this.lease?.token) this.lease = held;
      if (error !== undefined) this.options.onError?.(error, ++tries);
    });
    while (!signal.aborted) {
      const wait_ms = await (this.lease ? this.step() : Promise.resolve(false)).then(
        (hasWorked) => {
          tries = 0;
          return hasWorked ? (this.options.pause_ms ?? PAUSE_MS) : (this.options.poll_ms ?? POLL_MS);
        },
        (error: unknown) => {
          this.lease = undefined;
          if (!(error instanceof Fenced)) this.options.onError?.(error, ++tries);
          return backoff_ms(tries + 1, RETRIES);
        },
      );
      await sleep(wait_ms, signal);
    }
    await keeping;
    await this.leases.release().catch(() => undefined);
  }

  /** Takes the lease, unless another instance holds it. */
  async attach(): Promise<boolean> {
    this.lease = (await this.leases.tick())[0];
    return this.lease !== undefined;
  }

  /** Does one step; false when there is nothing to do now. Throws Fenced, and changes nothing, after a takeover. */
  async step(): Promise<boolean> {
    if (this.lease === undefined && !(await this.attach())) return false;
    const row = await this.rebuilds.openRow();
    if (row === undefined) return this.sweep();
    if (row.wish === 'cancel') return this.end(row, 'cancelled');
    if (row.wish === 'pause') return false;
    return this.stepOf(row);
  }

  private async stepOf(row: RebuildsTable): Promise<boolean> {
    if (row.state === 'waiting') return (await this.sweep()) || this.begin(row);
    if (row.state === 'building') return this.build(row);
    if (row.state === 'comparing') return this.compareMore(row);
    return this.finish(row);
  }

  /** Runs work in a transaction that holds the lease. Throws Fenced when the lease is lost. */
  private transact<T>(work: (tx: Db) => Promise<T>): Promise<T> {
    return this.model.db.transaction().execute(async (tx) => {
      await this.hold(tx);
      return work(tx);
    });
  }

  private hold(tx: Db): Promise<void> {
    if (this.lease === undefined) throw new Fenced(REBUILD);
    return this.leases.hold(tx, this.lease);
  }

  /** Drops the next generation, left over from an unfinished rebuild or a check. */
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
      // renamed to `next`, which the sweep drops before a new one is made
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
    const redriven = await redrive({ model, store, decoder, leases }, customer, mode);
    const { paths, revision, events, isParked, isErased } = redriven;
    if (mode === 'mend' && isErased) await this.options.onErased?.();
    if (revision < 0 && events === 0) return this.end(row, 'failed', 'no_such_customer', { started_at });
    const findings = new Findings();
    const differing =
      paths.length === 0 ? [] : [{ customer, revision, paths: paths.slice(0, PATHS_MAX), paths_total: paths.length }];
    findings.note({ compared: [customer], differing, later: [] });
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

  /** Projects the next events; true at the current end of the history. */
  private async take(row: RebuildsTable, generation: Other): Promise<boolean> {
    const started_ms = performance.now();
    const { model, store, decoder, options } = this;
    const from = (await findGeneration(model.db, generation))?.position ?? null;
    const stretch = await readOn(store, decoder, from === null ? undefined : BigInt(from), { ...SIZES, ...options });
    if (stretch === undefined) return true;
    const { portions, events, position, isEnd } = stretch;
    const newest = (await model.reached(PROJECTOR))?.newest ?? position;
    // a repetition skips the events that were projected before the position moved
    for (const portion of portions.slice(0, -1)) {
      await this.transact((tx) => takeIn(inGeneration(tx, generation), portion));
      await this.pause();
    }
    row.events += events;
    const far = { position: String(position), target: String(newest > position ? newest : position) };
    await this.transact(async (tx) => {
      await takeIn(inGeneration(tx, generation), portions.at(-1) ?? new Map());
      await reach(tx, generation, position);
      const working_ms = row.working_ms + Math.round(performance.now() - started_ms);
      await this.rebuilds.change(tx, row.id, { events: row.events, working_ms, ...far });
    });
    return isEnd;
  }

  /** Creates the indexes after the rows, which is faster; one at a time, so that other writers wait only briefly. */
  private async index(): Promise<void> {
    const { db, storage } = this.model;
    const number = (await findGeneration(db, 'next'))?.number ?? 0;
    const count = missingIndexes(db, storage.words, number).length;
    for (let at = 0; at < count; at++) {
      await this.transact((tx) => missingIndexes(tx, storage.words, number)[at]?.() ?? Promise.resolve());
      await this.pause();
    }
  }

  private async compareMore(row: RebuildsTable): Promise<boolean> {
    const comparing = this.comparing?.id === row.id ? this.comparing : new Comparing(row.id, this.model.db);
    this.comparing = comparing;
    const isLevel = performance.now() - this.level_at_ms <= CATCH_UP_MS;
    if (!isLevel || (comparing.isThrough && !comparing.isDone)) {
      if (await this.take(row, 'next')) this.level_at_ms = performance.now();
      if (!isLevel) return true;
    }
    if (!comparing.isThrough) await comparing.goOn();
    else if (!comparing.isDone) await comparing.goOver();
    else await this.transact((tx) => this.rebuilds.change(tx, row.id, { state: 'switching' }));
    return true;
  }

  /** Compares the rest and switches, while the projectors wait for a moment. */
  private async finish(row: RebuildsTable): Promise<boolean> {
    const generation = generationOf(row);
    if (generation === 'next' && this.comparing?.id !== row.id) {
      await this.transact((tx) => this.rebuilds.change(tx, row.id, { state: 'comparing' }));
      return true;
    }
    const { model, store, decoder, projectors } = this;
    const { findings, later } = this.comparing ?? new Comparing(row.id, model.db);
    const parts = { model, store, decoder, projectors, hold: (tx: Db) => this.hold(tx) };
    const rest = { later: [...later], findings, isSwitch: row.kind !== 'check' };
    const outcome = await complete(parts, generation, rest, async (tx, end) => {
      const report = generation === 'next' ? JSON.stringify(end.findings.report(row.events, end.counters)) : null;
      const state = end.refusal === undefined ? 'done' : 'failed';
      await this.rebuilds.end(tx, row.id, state, { report, error: end.refusal ?? null });
    });
    await this.after(row, outcome);
    return true;
  }

  private async after(row: RebuildsTable, outcome: CompletionOutcome): Promise<void> {
    if (outcome === 'switched') this.options.onSwitch?.();
    if (outcome === 'switched' || outcome === 'left') return this.noteOutcome(row.id);
    if (outcome === 'behind') await this.take(row, generationOf(row));
    await sleep(LOOK_AGAIN_MS);
  }

  private async end(
    row: RebuildsTable,
    state: 'done' | 'cancelled' | 'failed',
    error?: string,
    set: Partial<RebuildsTable> = {},
  ): Promise<boolean> {
    await this.transact((tx) => this.rebuilds.end(tx, row.id, state, { ...set, error: error ?? null }));
    await this.noteOutcome(row.id);
    return true;
  }

  private async noteOutcome(id: string): Promise<void> {
    this.comparing = undefined;
    const rebuild = await this.rebuilds.find(id);
    if (rebuild) this.options.onEnd?.(rebuild);
  }

  private async pause(): Promise<void> {
    await sleep(this.options.pause_ms ?? PAUSE_MS);
  }
}

const generationOf = ({ kind }: RebuildsTable): Other => (kind === 'switch_back' ? 'former' : 'next');
