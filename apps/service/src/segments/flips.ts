import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { type CustomerEvent, type CustomerState, customerStream, type Judgement, recordMemberships } from '#customer';
import { Aggregates } from '#event-store';
import { type DueLook, type Leases, PROJECTOR, type ReadModel, type TakenLook } from '#read-model';
import { type Subject, subjectOf } from '#segment';
import { openReadModel } from '../adapters.js';
import { Config } from '../config.js';
import { Clock } from '../ops/clock.js';
import type { Background } from '../ops/lifecycle.js';
import { Log } from '../ops/log.js';
import { Metrics } from '../ops/metrics.js';
import { type ActiveSegment, lookOf, Segments } from './segments.js';

/** How often is looked for what is due; a flip is a second late at most. */
const INTERVAL_MS = 100;
const LOOKS_MAX = 500;
/** Of what passed unnoticed while nobody looked: one customer's flips of one segment that are made up for, one by one. */
const BOUNDARIES_MAX = 100;
const TROUBLE_PAUSE_MS = 1_000;
const WORK = 'segments';

/** Records who enters and who leaves a segment, on one instance at a time. */
@Injectable()
export class Flips implements Background {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  warning: string | undefined;

  constructor(
    private readonly segments: Segments,
    private readonly aggregates: Aggregates<CustomerState, CustomerEvent>,
    private readonly clock: Clock,
    private readonly config: Config,
    private readonly metrics: Metrics,
    @Inject(Log) private readonly log: Log,
  ) {}

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    // a connection of its own: what waits for the projector's writes must not hold up readers
    const model = await openReadModel(this.config);
    const leases = model.leases({ work: WORK, ...this.config.lease, shards: 1 });
    let renewed_ms = -Infinity;
    let isOurs = false;
    while (!signal.aborted) {
      try {
        if (performance.now() - renewed_ms > leases.lease_ms / 4) {
          isOurs = await this.renew(leases, renewed_ms === -Infinity);
          renewed_ms = performance.now();
        }
        const isBusy = isOurs && (await this.turn(model));
        this.warning = undefined;
        if (!isBusy) await sleep(INTERVAL_MS, undefined, { signal });
      } catch (error) {
        if (signal.aborted) break;
        this.warning = 'Segments wait: who entered or left one cannot be recorded';
        this.log.warn({ err: error }, 'segments try again');
        await sleep(TROUBLE_PAUSE_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    await leases.release().catch(() => undefined);
    await model.close();
  }

  private async renew(leases: Leases, isFirst: boolean): Promise<boolean> {
    if (isFirst) await leases.prepare();
    return (await leases.tick()).length > 0;
  }

  /** True when there is more to do at once. */
  private async turn(model: ReadModel): Promise<boolean> {
    await this.segments.all();
    const isFilling = await this.fill(model);
    const work = model.segmentWork;
    const due = await work.due(this.clock.now(), LOOKS_MAX);
    const taken = await Promise.all([...byCustomer(due)].map(([id, looks]) => this.look(id, looks)));
    await work.settle(taken.flat());
    return isFilling || due.length === LOOKS_MAX;
  }

  /** Looks at some of those who were there before a segment was. */
  private async fill(model: ReadModel): Promise<boolean> {
    const { active, position } = this.segments;
    const work = model.segmentWork;
    await work.keepOnly(active.map(({ id }) => id));
    for (const segment of active) {
      if ((await work.fillOf(segment.id)).isDone) continue;
      // from there on the projector knows of it: nobody can slip through in between
      if (((await model.reached(PROJECTOR))?.position ?? 0n) < position) return false;
      const now = this.clock.now();
      await work.fill(segment.id, (id, head) =>
        lookOf(segment, subjectOf(id, head), Object.hasOwn(head.segments ?? {}, segment.id), now),
      );
      return true;
    }
    return false;
  }

  /** Judges a customer anew, and records what is not recorded yet. */
  private async look(id: string, looks: readonly DueLook[]): Promise<TakenLook[]> {
    const stream = customerStream(id);
    const active = new Map(this.segments.active.map((one) => [one.id, one]));
    const now = this.clock.now();
    const { revision: seen, recorded_at } = await this.aggregates.load(stream);
    let taken: TakenLook[] = [];
    const { events } = await this.aggregates.transact(
      stream,
      (state, revision) => {
        const subject = subjectOf(id, state.head);
        const verdicts = looks.map(({ segment_id, due_at }): Verdict => {
          const segment = active.get(segment_id);
          if (!segment || state.status !== 'active') return NOTHING;
          // what was due in the past is judged as of then, if nothing else has happened since
          return judge(segment, subject, revision === seen && recorded_at <= due_at ? due_at : now, now);
        });
        taken = looks.map((look, at) => ({ ...look, next_at: verdicts[at]?.next_at }));
        return recordMemberships(
          state,
          verdicts.flatMap(({ judgements }) => judgements),
        );
      },
      { actor: { channel: 'INTERNAL' }, correlation_id: `segments-${id}` },
    );
    this.metrics.segmentFlips.inc(events.length);
    return taken;
  }
}

interface Verdict {
  readonly judgements: readonly Judgement[];
  readonly next_at: string | undefined;
}

const NOTHING: Verdict = { judgements: [], next_at: undefined };

/** Whether a customer belongs to a segment, at a time and whenever time alone changed that until now. */
function judge({ id, name, filter }: ActiveSegment, subject: Subject, from: string, now: string): Verdict {
  const judgements: Judgement[] = [];
  let at = from;
  for (let passed = 0; ; passed++) {
    judgements.push({ segment: { id, name }, is_member: filter.matches(subject, at), at });
    const next_at = filter.nextFlip(subject, at);
    if (next_at === undefined || next_at > now) return { judgements, next_at };
    at = passed < BOUNDARIES_MAX ? next_at : now;
  }
}

function byCustomer(looks: readonly DueLook[]): Map<string, DueLook[]> {
  const groups = new Map<string, DueLook[]>();
  for (const look of looks) groups.set(look.customer_id, [...(groups.get(look.customer_id) ?? []), look]);
  return groups;
}
