import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import {
  Backwards,
  type Diff,
  diff,
  documentOf,
  type Ending,
  entryOf,
  explain,
  type Explanation,
  History,
  type HistoryEntry,
  isNamed,
  isWanted,
  type Moment,
  type Past,
  selector,
} from '#audit';
import { ContractError, type HistoryQuery } from '#contract';
import { type CustomerDocument, customerStream } from '#customer';
import { EventStore, type ReadOptions, type ChainVerdict, verifyStream } from '#event-store';
import { assertAllUsed } from './filters.js';
import { ReferralFlags } from './referral-flags.js';

/* Queries of auditors read the history alone, by customer id, never the read model. */

/** Parses a moment in the contract's form: by business time for the clock `happened`, else by recording. */
export function momentOf(text: string, clock: 'recorded' | 'happened' = 'recorded'): Moment {
  const [, kind, number = ''] = /^(revision|position):(\d+)$/.exec(text) ?? [];
  if (clock === 'happened') {
    if (kind === undefined) return { happened_at: text };
    throw new ContractError('invalid_query_params', `With clock=happened a moment must be an instant, not a ${kind}`);
  }
  if (kind === 'revision') return { revision: Number(number) };
  return kind === 'position' ? { position: BigInt(number) } : { recorded_at: text };
}

/** The end of recorded time, so that the moment includes every event. */
export const NOW: Moment = { recorded_at: '9999-12-31T23:59:59.999999999Z' };

export interface HistoryPage {
  readonly entries: readonly HistoryEntry[];
  readonly has_more: boolean;
}

type Unlimited = Omit<HistoryQuery, 'limit'>;

export class GetHistory extends Query<HistoryPage> {
  constructor(
    readonly customerId: string,
    readonly query: HistoryQuery,
  ) {
    super();
  }
}

@QueryHandler(GetHistory)
export class GetHistoryHandler implements IQueryHandler<GetHistory> {
  constructor(
    private readonly history: History,
    private readonly flags: ReferralFlags,
  ) {}

  async execute({ customerId, query }: GetHistory): Promise<HistoryPage> {
    const pasts: Past[] = [];
    for await (const past of pastsOf(this.history, customerId, query)) {
      if (pasts.length === query.limit) return { entries: await this.entries(customerId, pasts), has_more: true };
      pasts.push(past);
    }
    return { entries: await this.entries(customerId, pasts), has_more: false };
  }

  private async entries(customerId: string, pasts: readonly Past[]): Promise<HistoryEntry[]> {
    const flags = await this.flags.of(customerId, pasts);
    return pasts.map((past) => {
      const flag = flags.get(past.recorded.revision);
      return { ...entryOf(past), ...(flag && { flag }) };
    });
  }
}

/** All matching entries as a stream; the reader may stop early. */
export class StreamHistory extends Query<AsyncIterable<HistoryEntry>> {
  constructor(
    readonly customerId: string,
    readonly query: Unlimited,
  ) {
    super();
  }
}

@QueryHandler(StreamHistory)
export class StreamHistoryHandler implements IQueryHandler<StreamHistory> {
  constructor(private readonly history: History) {}

  async execute({ customerId, query }: StreamHistory): Promise<AsyncIterable<HistoryEntry>> {
    return entriesOf(this.history, customerId, query);
  }
}

async function* entriesOf(history: History, customerId: string, query: Unlimited): AsyncGenerator<HistoryEntry> {
  for await (const past of pastsOf(history, customerId, query)) yield entryOf(past);
}

async function* pastsOf(history: History, customerId: string, query: Unlimited): AsyncGenerator<Past> {
  const { order, starting_after, type, from, to, origin, actor, ...rest } = query;
  assertAllUsed(rest);
  for await (const past of history.events(customerId, placeOf(order, starting_after)))
    if (isWanted(past, { type, from, to, origin, actor })) yield past;
}

function placeOf(order: HistoryQuery['order'], after: string | undefined): ReadOptions {
  const direction = order === 'revision' ? 'forwards' : 'backwards';
  if (after === undefined) return { direction };
  const from = Number(after) + (direction === 'forwards' ? 1 : -1);
  return from < 0 ? { direction, from: 0, limit: 0 } : { direction, from };
}

/** A customer as of a moment. */
export interface AsOf {
  readonly document: CustomerDocument;
  readonly revision: number;
}

export class GetCustomerAsOf extends Query<AsOf> {
  constructor(
    readonly customerId: string,
    readonly moment: Moment,
    readonly ref: string,
  ) {
    super();
  }
}

@QueryHandler(GetCustomerAsOf)
export class GetCustomerAsOfHandler implements IQueryHandler<GetCustomerAsOf> {
  constructor(
    private readonly history: History,
    private readonly store: EventStore,
  ) {}

  async execute({ customerId, moment, ref }: GetCustomerAsOf): Promise<AsOf> {
    await assertReached(moment, this.store, customerId);
    const { state, last } = await this.history.standing(customerId, moment);
    const document = documentOf(customerId, state);
    if (!document || !last) {
      const details = `Customer ${ref} did not exist at that moment`;
      throw new ContractError('not_found', details, { id: ref, type: 'customer' });
    }
    return { document, revision: last.recorded.revision };
  }
}

export class GetDiff extends Query<Diff> {
  constructor(
    readonly customerId: string,
    readonly from: Moment,
    readonly to: Moment,
  ) {
    super();
  }
}

@QueryHandler(GetDiff)
export class GetDiffHandler implements IQueryHandler<GetDiff> {
  constructor(
    private readonly history: History,
    private readonly store: EventStore,
  ) {}

  async execute({ customerId, from, to }: GetDiff): Promise<Diff> {
    for (const moment of [from, to]) await assertReached(moment, this.store, customerId);
    try {
      return await diff(this.history, customerId, from, to);
    } catch (error) {
      if (!(error instanceof Backwards)) throw error;
      throw new ContractError('invalid_query_params', 'from must not be later than to');
    }
  }
}

export class GetExplanations extends Query<readonly Explanation[]> {
  constructor(
    readonly customerId: string,
    readonly path: string | undefined,
    readonly moment: Moment,
  ) {
    super();
  }
}

@QueryHandler(GetExplanations)
export class GetExplanationsHandler implements IQueryHandler<GetExplanations> {
  constructor(
    private readonly history: History,
    private readonly store: EventStore,
    private readonly flags: ReferralFlags,
  ) {}

  async execute({ customerId, path, moment }: GetExplanations): Promise<readonly Explanation[]> {
    await assertReached(moment, this.store, customerId);
    const flags = (referrals: readonly Past[]) => this.flags.of(customerId, referrals);
    const found = await explain(this.history, customerId, moment, selector(path), flags);
    if (found.length === 0)
      throw new ContractError('invalid_query_params', `This customer never had a value at ${path ?? 'any path'}`);
    const one = found.find((each) => path !== undefined && isNamed(each.path, path));
    return one ? [one] : found;
  }
}

/** The last figures of a customer, for the receipt of its deletion. */
export class GetEnding extends Query<Ending> {
  constructor(
    readonly customerId: string,
    readonly revision: number,
  ) {
    super();
  }
}

@QueryHandler(GetEnding)
export class GetEndingHandler implements IQueryHandler<GetEnding> {
  constructor(private readonly history: History) {}

  execute({ customerId, revision }: GetEnding): Promise<Ending> {
    return this.history.ending(customerId, revision);
  }
}

export class VerifyCustomer extends Query<ChainVerdict> {
  constructor(readonly customerId: string) {
    super();
  }
}

@QueryHandler(VerifyCustomer)
export class VerifyCustomerHandler implements IQueryHandler<VerifyCustomer> {
  constructor(private readonly history: History) {}

  execute({ customerId }: VerifyCustomer): Promise<ChainVerdict> {
    return verifyStream(this.history.recorded(customerId));
  }
}

/** A position or a revision beyond the end is a mistake; an instant in the future is not. */
async function assertReached(moment: Moment, store: EventStore, customerId: string): Promise<void> {
  if ('position' in moment && moment.position > (await store.head()))
    throw new ContractError('invalid_query_params', `The history has not reached position ${moment.position}`);
  if ('revision' in moment && moment.revision > (await lastRevision(store, customerId)))
    throw new ContractError('invalid_query_params', `This customer has not reached revision ${moment.revision}`);
}

async function lastRevision(store: EventStore, customerId: string): Promise<number> {
  const last = store.read(customerStream(customerId), { direction: 'backwards', limit: 1 });
  for await (const { revision } of last) return revision;
  return -1;
}

export const historyQueries = [
  GetHistoryHandler,
  StreamHistoryHandler,
  GetCustomerAsOfHandler,
  GetDiffHandler,
  GetExplanationsHandler,
  GetEndingHandler,
  VerifyCustomerHandler,
];
