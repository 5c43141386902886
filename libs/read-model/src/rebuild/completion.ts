import type { EventStore, Position, RecordedEvent } from '#event-store';
import { type Leases, shardOf, type ShardProgress } from '#database';
import { takeIn } from '../projecting/batch.js';
import { byCustomer, CUSTOMER_STREAMS, type Decoding, decodeAll } from '../projecting/incoming.js';
import { evaluateAgain } from '../segments/evaluations.js';
import type { Db } from '../statements.js';
import type { ReadModel } from '../read-model.js';
import { compare, customersOf, type Findings, parkedOnlyIn, unequalCounters } from './comparison.js';
import { findGeneration, inGeneration, type Other } from '../generation.js';
import { reach, swapIn } from './generation-tables.js';

export interface Completing {
  readonly model: ReadModel;
  readonly store: Pick<EventStore, 'readAll'>;
  readonly decoder: Decoding;
  /** The projector's leases, by which projectors are made to wait. */
  readonly projectors: Leases;
  /** Locks the rebuild's own lease within a transaction. Throws Fenced. */
  readonly hold: (tx: Db) => Promise<void>;
}

export interface Rest {
  /** The customers that are still to be compared. */
  readonly later: readonly string[];
  readonly findings: Findings;
  readonly isSwitch: boolean;
}

export interface End {
  readonly findings: Findings;
  readonly counters: readonly string[];
  /** The reason why the switch was refused. */
  readonly refusal?: string;
}

/** `behind`, `ahead`: too far from the live generation; `missed`: a reader held a lock. All three change nothing. */
export type CompletionOutcome = 'behind' | 'ahead' | 'missed' | 'left' | 'switched';

/** The most events that are projected while the projectors wait. */
const EVENTS_MAX = 2_000;
const CHUNK = 250;
/** Short, because readers queue behind a lock that we wait for. */
const LOCK_MS_MAX = 300;

/** Makes the projectors wait, brings a generation to their exact position, compares the rest, and switches. */
export async function complete(
  parts: Completing,
  generation: Other,
  rest: Rest,
  note: (tx: Db, end: End) => Promise<void>,
): Promise<CompletionOutcome> {
  try {
    return await completeNow(parts, generation, rest, note);
  } catch (error) {
    if (parts.model.storage.locks?.isMissed(error)) return 'missed';
    throw error;
  }
}

function completeNow(
  parts: Completing,
  generation: Other,
  rest: Rest,
  note: (tx: Db, end: End) => Promise<void>,
): Promise<CompletionOutcome> {
  const { model } = parts;
  return model.db.transaction().execute(async (tx) => {
    await model.storage.locks?.within(LOCK_MS_MAX).execute(tx);
    const standings = await parts.projectors.lockAll(tx);
    const last = await levelOut(parts, tx, generation, standings);
    if (typeof last === 'string') return last;
    await parts.hold(tx);
    const findings = rest.findings.copy();
    const swap = async (end: End): Promise<'switched'> => {
      await note(tx, end);
      await keepPurge(tx, generation);
      await swapIn(tx, generation, String(last));
      return 'switched';
    };
    if (generation === 'former') return swap({ findings, counters: [] });
    const { counters, parked } = await compareRest(tx, generation, { ...rest, findings });
    if (rest.isSwitch && parked > 0) {
      // the switch would show their former state
      await note(tx, { findings, counters, refusal: 'events_cannot_be_taken_in' });
      return 'left';
    }
    if (rest.isSwitch) return swap({ findings, counters });
    await note(tx, { findings, counters });
    return 'left';
  });
}

/** Projects the events that only the live generation has; returns the position up to which all shards are complete. */
async function levelOut(
  parts: Completing,
  tx: Db,
  generation: Other,
  standings: readonly ShardProgress[],
): Promise<Position | 'behind' | 'ahead'> {
  const from = BigInt((await findGeneration(tx, generation))?.position ?? -1);
  const positions = standings.map(({ position }) => position ?? -1n);
  const [first = -1n] = positions;
  const least = positions.reduce((one, other) => (other < one ? other : one), first);
  const most = positions.reduce((one, other) => (other > one ? other : one), first);
  if (least < from) return 'ahead';
  if (most === from) return from;
  const events = await between(parts.store, from, most);
  if (events === undefined) return 'behind';
  const due = events.filter(({ stream, position }) => position <= standingOf(stream, standings));
  const incoming = byCustomer(await decodeAll(parts.decoder, due));
  const take = async (db: Db): Promise<void> => {
    await parts.hold(db);
    await takeIn(inGeneration(db, generation), incoming);
    await reach(db, generation, least);
  };
  // in a transaction of its own, because readers may open the renamed tables with a snapshot from before this one
  if (parts.model.storage.locks) await parts.model.db.transaction().execute(take);
  else await take(tx);
  return least;
}

/** The events of customers after one position and up to another; undefined when they are too many. */
async function between(
  store: Pick<EventStore, 'readAll'>,
  from: Position,
  to: Position,
): Promise<RecordedEvent[] | undefined> {
  const events: RecordedEvent[] = [];
  let count = 0;
  for await (const event of store.readAll(from < 0n ? undefined : from, EVENTS_MAX + 1)) {
    if (event.position > to) return events;
    if (++count > EVENTS_MAX) return undefined;
    if (event.stream.startsWith(CUSTOMER_STREAMS)) events.push(event);
  }
  return events;
}

function standingOf(stream: string, standings: readonly ShardProgress[]): Position {
  const shards = standings[0]?.shards ?? 1;
  const shard = shardOf(stream.slice(CUSTOMER_STREAMS.length), shards);
  return standings.find((one) => one.shard === shard)?.position ?? -1n;
}

/** Compares the customers that were never at the same revision so far, and the counters. */
async function compareRest(tx: Db, generation: Other, { later, findings }: Rest) {
  const parked = await parkedOnlyIn(tx, generation);
  const ids = [...new Set([...later, ...parked.live, ...parked.other])];
  for (let from = 0; from < ids.length; from += CHUNK) {
    const found = await compare(tx, generation, ids.slice(from, from + CHUNK), true);
    findings.note(found);
    await evaluateAgain(tx, customersOf(found));
  }
  return { counters: await unequalCounters(tx, generation), parked: parked.other.length };
}

/** Carries the live generation's purge flag over; the flag that building this one set does not count. */
async function keepPurge(tx: Db, generation: Other): Promise<void> {
  const purge = await tx.selectFrom('counters').select('value').where('name', '=', 'purge_due').executeTakeFirst();
  const other = inGeneration(tx, generation)
    .updateTable('counters')
    .set({ value: purge?.value ?? 0 });
  await other.where('name', '=', 'purge_due').execute();
}
