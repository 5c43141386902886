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
import { findCustomerOverview, type CustomerOverview } from './queries/customer-overview.js';
import { listSegmentActivity, type SegmentActivityFilter } from './queries/segment-activity.js';
import {
  findOrder,
  findOrderKey,
  listOrders,
  type OrderFilter,
  type OrderKey,
  type OrderPage,
} from './queries/order.js';
import type { Only } from './queries/page.js';
import { findRedemption, listRedemptions, type RedemptionFilter, type RedemptionPage } from './queries/redemption.js';
import { type Db } from './statements.js';
import { Rebuilds } from './rebuild/rebuilds.js';
import { renew, type Renewal } from './rebuild/renewal.js';
import { SegmentWork } from './segments/segment-work.js';
import type { Tables } from './schema.js';

/** The tables of each generation whose rows about customers are deleted or changed. */
const PERSONAL = ['', 'next_', 'former_'].flatMap((generation) =>
  ['customers', 'orders', 'redemptions', 'entities', 'activities', 'parked'].map((table) => generation + table),
);

/** Queries on customers, their orders, redemptions and activity. */
export class ReadModel implements Purgeable {
  private constructor(
    /** For the projector; everything else uses the methods. */
    readonly db: Db,
    readonly storage: Storage,
    /** Set when opening it discarded rows of another fold version, so that the projector rebuilds them. */
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

  /** The overview that an active customer with this id sees. */
  customerOverview(customerId: string): Promise<CustomerOverview | undefined> {
    return findCustomerOverview(this.db, customerId);
  }

  /** The sums of the active customer with this id, else with this source id. */
  head(ref: string): Promise<{ readonly id: string; readonly head: Head } | undefined> {
    return findHead(this.db, ref);
  }

  /** The gift and loyalty cards of a customer. */
  cards(customerId: string): Promise<HeldCards> {
    return findHeldCards(this.db, customerId);
  }

  /** Contract 2.2. Throws ScrollTooWide. */
  customers<Given extends CustomerFilter>(filter: Only<CustomerFilter, Given>): Promise<CustomerPage> {
    return listCustomers(this.db, filter);
  }

  /** Contract 2.6, by customer id. Throws UnknownCursor. */
  activity<Given extends ActivityFilter>(
    customerId: string,
    filter: Only<ActivityFilter, Given>,
  ): Promise<ActivityPage> {
    return listActivity(this.db, customerId, filter);
  }

  /** The entries and exits of a segment. Throws UnknownCursor. */
  segmentActivity<Given extends SegmentActivityFilter>(
    segmentId: string,
    filter: Only<SegmentActivityFilter, Given>,
  ): Promise<ActivityPage> {
    return listSegmentActivity(this.db, this.storage.words, segmentId, filter);
  }

  /** The ids of active customers among these. */
  activeAmong(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return findActive(this.db, ids);
  }

  /** The SQL dialect of conditions on its tables. */
  get dialect(): Storage['name'] {
    return this.storage.name;
  }

  /** The order with this id, else with this source id. */
  order(ref: string): Promise<OrderDocument | undefined> {
    return findOrder(this.db, ref);
  }

  /** The key of the order with this id, else with this source id. */
  orderKey(ref: string): Promise<OrderKey | undefined> {
    return findOrderKey(this.db, ref);
  }

  /** Contract 5.1. Throws ScrollTooWide. */
  orders<Given extends OrderFilter>(filter: Only<OrderFilter, Given>): Promise<OrderPage> {
    return listOrders(this.db, filter);
  }

  redemption(id: string): Promise<RedemptionDocument | undefined> {
    return findRedemption(this.db, id);
  }

  redemptions<Given extends RedemptionFilter>(filter: Only<RedemptionFilter, Given>): Promise<RedemptionPage> {
    return listRedemptions(this.db, filter);
  }

  /** The deprecated list of contract 2.6. Throws UnknownCursor. */
  activities<Given extends ActivityFilter>(
    customerId: string,
    filter: Only<ActivityFilter, Given>,
  ): Promise<ActivitiesPage> {
    return listActivities(this.db, customerId, filter);
  }

  /** Customers whose events cannot be projected, the first ones by id. */
  parked(limit = 100): Promise<readonly Parked[]> {
    return listParked(this.db, limit);
  }

  /** The progress of a follower of the event store; undefined before it has begun. */
  reached(work: string): Promise<Reached | undefined> {
    return reached(this.db, work);
  }

  /** The position that had been projected before a new fold version rebuilt the rows; undefined when none did. */
  renewedTo(): Promise<bigint | undefined> {
    return renewedTo(this.db);
  }

  /** Shares a follower's work out among instances. */
  leases(options: LeaseOptions): Leases {
    return new Leases(leaseTables(this.db), this.storage.now_ms, options);
  }

  /** The requested rebuilds of the tables. */
  get rebuilds(): Rebuilds {
    return new Rebuilds(this.db);
  }

  /** All rows of a kind, in an order that `exportOrders` names, page by page. */
  exportRows(of: Exported, order: string, cursor: ExportCursor | undefined, limit: number): Promise<ExportPage> {
    return exportRows(this.db, of, order, cursor, limit);
  }

  /** The scheduled evaluations and backfills of segments. */
  get segmentWork(): SegmentWork {
    return new SegmentWork(this.db);
  }

  /** Makes deleted rows unreadable in the files too, in time proportional to their size. False: a reader blocked it. */
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
