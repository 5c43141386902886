import type { EventStore, RecordedEvent } from '#event-store';
import { byCustomer, CUSTOMER_STREAMS, type Decoding, decodeAll } from '../projecting/incoming.js';
import { PROJECTOR } from '../projecting/work.js';
import type { ReadModel } from '../read-model.js';
import { redrive } from '../projecting/redrive.js';
import { PATHS_MAX, snapshot } from './comparison.js';
import { differingPaths, foldAfresh, loadRows } from '../projecting/whole-rows.js';

/** A customer whose rows differed from a fold of the events. */
export interface Mismatch {
  readonly customer: string;
  readonly revision: number;
  /** The first paths, without values. */
  readonly paths: readonly string[];
  /** True when the rows are right after they were rewritten. */
  readonly isMended: boolean;
}

export interface Sample {
  readonly customers: number;
  readonly events: number;
  readonly mismatches: readonly Mismatch[];
  /** Customers with too many events to fold here, left to a rebuild. */
  readonly passed_over: number;
}

/** A sample ends with the customer that reaches one of these limits. */
const CUSTOMERS_MAX = 20;
const EVENTS_MAX = 2_000;
/** A customer with more is passed over, because its fold would block the thread for seconds. */
const EVENTS_OF_ONE_MAX = 50_000;

/** Checks all customers by id, a few at a time: compares their rows with a fresh fold of their events. */
export class Auditor {
  private mismatching = new Map<string, Mismatch>();

  /** `cursor`: the customer after which the walk begins. */
  constructor(
    private readonly model: ReadModel,
    private readonly store: Pick<EventStore, 'read'>,
    private readonly decoder: Decoding,
    private cursor = '',
    /** Called after the rows of an erased customer were rewritten. */
    private readonly onErased?: () => Promise<void>,
  ) {}

  /** The customers that were wrong again right after they were rewritten, and have not been right since. */
  get beyondMending(): readonly Mismatch[] {
    return [...this.mismatching.values()];
  }

  /** Checks the next few customers; rewrites wrong ones and checks them again. */
  async sample(): Promise<Sample> {
    const query = this.model.db.selectFrom('customers').select(['id', 'revision']).where('id', '>', this.cursor);
    const rows = await query.orderBy('id').limit(CUSTOMERS_MAX).execute();
    let [customers, events, passed_over] = [0, 0, 0];
    const mismatches: Mismatch[] = [];
    for (const { id, revision } of rows) {
      if (events >= EVENTS_MAX) break;
      this.cursor = id;
      if (revision >= EVENTS_OF_ONE_MAX) {
        passed_over++;
        continue;
      }
      customers++;
      events += revision + 1;
      const mismatch = await this.audit(id);
      if (mismatch) mismatches.push(mismatch);
      this.keep(id, mismatch);
    }
    if (rows.length < CUSTOMERS_MAX && this.cursor === (rows.at(-1)?.id ?? this.cursor)) this.cursor = '';
    return { customers, events, mismatches, passed_over };
  }

  private async audit(customer: string): Promise<Mismatch | undefined> {
    const found = await this.compare(customer);
    if (found === undefined) return undefined;
    const leases = this.model.leases({ work: PROJECTOR, instance: 'auditor', shards: 1 });
    const { isErased } = await redrive(
      { model: this.model, store: this.store, decoder: this.decoder, leases },
      customer,
    );
    if (isErased) await this.onErased?.();
    const { revision, paths } = found;
    const isMended = (await this.compare(customer)) === undefined;
    return { customer, revision, paths: paths.slice(0, PATHS_MAX), isMended };
  }

  /** The paths at which a customer's rows differ; undefined when they do not, or when newer events exist. */
  private async compare(customer: string): Promise<{ revision: number; paths: readonly string[] } | undefined> {
    const rows = (await snapshot(this.model.db, (tx) => loadRows(tx, [customer]))).get(customer);
    const revision = rows?.customers[0]?.['revision'] as number | undefined;
    if (revision === undefined) return undefined;
    const events: RecordedEvent[] = [];
    // one more than projected: a recorded erasure makes earlier events unreadable while the rows still hold their data
    for await (const event of this.store.read(CUSTOMER_STREAMS + customer, { limit: revision + 2 })) events.push(event);
    const incoming = byCustomer(await decodeAll(this.decoder, events.slice(0, revision + 1))).get(customer) ?? [];
    const paths = differingPaths(rows, foldAfresh(customer, incoming));
    return paths.length === 0 || events.length > revision + 1 ? undefined : { revision, paths };
  }

  private keep(customer: string, mismatch: Mismatch | undefined): void {
    if (mismatch === undefined || mismatch.isMended) this.mismatching.delete(customer);
    else if (this.mismatching.size < CUSTOMERS_MAX) this.mismatching.set(customer, mismatch);
  }
}
