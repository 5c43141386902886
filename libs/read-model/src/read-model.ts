import { Kysely } from 'kysely';
import {
  type DatabaseOptions,
  Leases,
  type LeaseOptions,
  leaseTables,
  migrate,
  openStorage,
  patiently,
  type Purgeable,
  reached,
  type Reached,
  type Storage,
} from '#database';
import type { Head, HeldCards, OrderDocument, RedemptionDocument } from '#customer';
import { findHeldCards } from './projecting/entities.js';
import { type Exported, type ExportCursor, type ExportPage, exportRows } from './queries/export-rows.js';
import { renewedTo } from './generation.js';
import { migrations } from './migrations/index.js';
import { listParked, type Parked } from './projecting/parked.js';
import { isPurgeDue, notePurged } from './projecting/purge.js';
import {
  type ActivitiesPage,
  type ActivityFilter,
  type ActivityPage,
  listActivities,
  listActivity,
} from './queries/activity.js';
import {
  type CustomerFilter,
  type CustomerPage,
  type CustomerRow,
  findActive,
  findCustomer,
  findHead,
  listCustomers,
} from './queries/customer.js';
import { findPortrait, type Portrait } from './queries/portrait.js';
import { listSegmentActivity } from './queries/segment-activity.js';
import {
  findOrder,
  findOrderKey,
  listOrders,
  type OrderFilter,
  type OrderKey,
  type OrderPage,
} from './queries/order.js';
import { findRedemption, listRedemptions, type RedemptionFilter, type RedemptionPage } from './queries/redemption.js';
import { type Db } from './statements.js';
import { Rebuilds } from './rebuild/rebuilds.js';
import { renew, type Renewal } from './rebuild/renewal.js';
import { SegmentWork } from './segments/segment-work.js';
import type { Tables } from './schema.js';

/** Where rows about customers are deleted or changed, in each generation. */
const PERSONAL = ['', 'next_', 'former_'].flatMap((generation) =>
  ['customers', 'orders', 'redemptions', 'entities', 'activities', 'parked'].map((table) => generation + table),
);

/** Customers, their orders, redemptions and activity, ready to be asked. */
export class ReadModel implements Purgeable {
  private constructor(
    /** For the projector; everyone else asks by the methods. */
    readonly db: Db,
    readonly storage: Storage,
    /** The rows are rebuilt since it was opened, because another fold had made them. */
    readonly renewal: Renewal | undefined,
  ) {}

  /** Opens and, unless `readonly`, brings the tables up to date. Throws NewerTables. */
  static async open(options: DatabaseOptions): Promise<ReadModel> {
    const storage = openStorage(options, { personal: PERSONAL, isRebuildable: true });
    const db = new Kysely<Tables>({ dialect: storage.dialect });
    try {
      const renewal = options.readonly ? undefined : await upToDate(db, storage);
      return new ReadModel(db, storage, renewal);
    } catch (error) {
      await db.destroy();
      throw error;
    }
  }

  /** The active customer with this id, else with this source id. */
  customer(ref: string): Promise<CustomerRow | undefined> {
    return findCustomer(this.db, ref);
  }

  /** The active customer with this id, as they are shown to themselves. */
  portrait(customerId: string): Promise<Portrait | undefined> {
    return findPortrait(this.db, customerId);
  }

  /** The same customer's sums. */
  head(ref: string): Promise<{ readonly id: string; readonly head: Head } | undefined> {
    return findHead(this.db, ref);
  }

  /** What gift and loyalty cards a customer holds. */
  cards(customerId: string): Promise<HeldCards> {
    return findHeldCards(this.db, customerId);
  }

  /** Contract 2.2. Throws ScrollTooWide. */
  customers(filter: CustomerFilter): Promise<CustomerPage> {
    return listCustomers(this.db, filter);
  }

  /** Contract 2.6, by customer id. Throws UnknownCursor. */
  activity(customerId: string, filter: ActivityFilter): Promise<ActivityPage> {
    return listActivity(this.db, customerId, filter);
  }

  /** Who entered and left a segment. Throws UnknownCursor. */
  segmentActivity(segmentId: string, filter: ActivityFilter): Promise<ActivityPage> {
    return listSegmentActivity(this.db, this.storage.words, segmentId, filter);
  }

  /** Those of these ids that are active customers. */
  activeAmong(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return findActive(this.db, ids);
  }

  /** The language that conditions on its tables are written in. */
  get dialect(): Storage['name'] {
    return this.storage.name;
  }

  /** The order with this id, else with this source id. */
  order(ref: string): Promise<OrderDocument | undefined> {
    return findOrder(this.db, ref);
  }

  /** The same, by its key alone. */
  orderKey(ref: string): Promise<OrderKey | undefined> {
    return findOrderKey(this.db, ref);
  }

  /** Contract 5.1. Throws ScrollTooWide. */
  orders(filter: OrderFilter): Promise<OrderPage> {
    return listOrders(this.db, filter);
  }

  redemption(id: string): Promise<RedemptionDocument | undefined> {
    return findRedemption(this.db, id);
  }

  redemptions(filter: RedemptionFilter): Promise<RedemptionPage> {
    return listRedemptions(this.db, filter);
  }

  /** The deprecated list of contract 2.6. Throws UnknownCursor. */
  activities(customerId: string, filter: ActivityFilter): Promise<ActivitiesPage> {
    return listActivities(this.db, customerId, filter);
  }

  /** Customers whose events cannot be taken in, the first ones by id. */
  parked(limit = 100): Promise<readonly Parked[]> {
    return listParked(this.db, limit);
  }

  /** How far a follower of the event store has come; undefined before it has begun. */
  reached(work: string): Promise<Reached | undefined> {
    return reached(this.db, work);
  }

  /** How far the history had been taken in before rows were rebuilt; undefined when they never were. */
  renewedTo(): Promise<bigint | undefined> {
    return renewedTo(this.db);
  }

  /** Shares a follower's work out among instances. */
  leases(options: LeaseOptions): Leases {
    return new Leases(leaseTables(this.db), this.storage.now_ms, options);
  }

  /** The rebuilds of the tables that were asked for. */
  get rebuilds(): Rebuilds {
    return new Rebuilds(this.db);
  }

  /** Everything there is, in an order that `exportOrders` names, page by page. */
  exportRows(of: Exported, order: string, cursor: ExportCursor | undefined, limit: number): Promise<ExportPage> {
    return exportRows(this.db, of, order, cursor, limit);
  }

  /** What segments have to look at. */
  get segmentWork(): SegmentWork {
    return new SegmentWork(this.db);
  }

  /** Makes deleted rows unreadable in the files too, in time that grows with them. False: a reader was in the way, ask again later. */
  purge(): Promise<boolean> {
    return this.storage.purge();
  }

  isPurgeDue(): Promise<boolean> {
    return isPurgeDue(this.db);
  }

  notePurged(): Promise<void> {
    return notePurged(this.db);
  }

  close(): Promise<void> {
    return this.db.destroy();
  }
}

const upToDate = (db: Db, storage: Storage): Promise<Renewal | undefined> =>
  patiently(db, storage, async (patient) => {
    await migrate(patient, storage, migrations(storage.words));
    return renew(patient, storage);
  });
