import {
  type Actor,
  Repository,
  type Decided,
  type DomainEvent,
  envelopeOf,
  type EventStore,
  type JsonObject,
  nineDigits,
  noKeys,
  type RecordedEvent,
  type ChainVerdict,
  verifyStream,
} from '#event-store';

/** A read of a customer's history. */
export interface Access {
  readonly customer_id: string;
  /** Method and route, such as `GET /v1/customers/:ref/history`. */
  readonly call: string;
  /** The query parameters that contain nothing personal. */
  readonly query: { readonly [name: string]: string };
  readonly request_id: string;
  readonly actor: Actor;
}

/** A recorded access. */
export interface AccessEntry {
  readonly object: 'access';
  readonly revision: number;
  readonly position: string;
  readonly recorded_at: string;
  readonly actor: Actor;
  readonly request_id: string;
  readonly customer_id: string;
  readonly call: string;
  readonly query: JsonObject;
  readonly hash: string;
}

export interface AccessFilter {
  readonly customer_id?: string | undefined;
  /** The name of the API key that read. */
  readonly key?: string | undefined;
  readonly call?: string | undefined;
  /** Both inclusive. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface AccessPlace {
  readonly order: 'revision' | '-revision';
  readonly starting_after?: string | undefined;
}

/** The stream of the log, with its own chain; it can be verified and anchored like the others. */
export const ACCESS_LOG = 'access-log';
const READ = 'HistoryRead';

const codec = {
  personal: {},
  versions: { [READ]: 1 },
  upcast: (_type: string, _version: number, data: object) => data,
};

/** Several instances write to this one stream, and concurrent writers share an append. */
const ATTEMPTS_MAX = 50;

/** Records each read of a history: the reader, the time and the call. */
export class AccessLog {
  private readonly log: Repository<null, DomainEvent>;

  constructor(
    private readonly store: EventStore,
    private readonly now: () => string,
  ) {
    const model = { initial: null, evolve: () => null };
    this.log = new Repository<null, DomainEvent>(store, codec, noKeys, model, {
      now,
      weigh: () => 1,
      cache_weight_max: 1,
      attempts_max: ATTEMPTS_MAX,
      isLog: true,
    });
  }

  /** Resolves when the record is durable: answer only then. */
  async record({ customer_id, call, query, request_id, actor }: Access): Promise<void> {
    const event: DomainEvent = { type: READ, occurred_at: this.now(), data: { customer_id, call, query } };
    const decide = (): Decided<null, DomainEvent> => ({ events: [event], state: null });
    await this.log.handle(ACCESS_LOG, decide, { actor, correlation_id: request_id });
  }

  /** The caller decides when to stop reading. */
  async *entries({ order, starting_after }: AccessPlace, filter: AccessFilter): AsyncGenerator<AccessEntry> {
    const direction = order === 'revision' ? ('forwards' as const) : ('backwards' as const);
    const from = starting_after === undefined ? undefined : Number(starting_after) + (order === 'revision' ? 1 : -1);
    if (from !== undefined && from < 0) return;
    for await (const event of this.store.read(ACCESS_LOG, { direction, ...(from !== undefined && { from }) })) {
      const entry = entryOf(event);
      if (isWanted(entry, filter)) yield entry;
    }
  }

  verify(): Promise<ChainVerdict> {
    return verifyStream(this.store.read(ACCESS_LOG));
  }
}

function entryOf(event: RecordedEvent): AccessEntry {
  const { recorded_at, actor, correlation_id, hash } = envelopeOf(event);
  const { customer_id, call, query } = event.data;
  return {
    object: 'access',
    revision: event.revision,
    position: String(event.position),
    recorded_at,
    actor,
    request_id: correlation_id,
    customer_id: textOf(customer_id),
    call: textOf(call),
    query: query as JsonObject,
    hash,
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function isWanted(entry: AccessEntry, { customer_id, key, call, from, to }: AccessFilter): boolean {
  return (
    (customer_id === undefined || entry.customer_id === customer_id) &&
    (key === undefined || entry.actor.key === key) &&
    (call === undefined || entry.call === call) &&
    (from === undefined || entry.recorded_at >= nineDigits(from)) &&
    (to === undefined || entry.recorded_at <= nineDigits(to))
  );
}
