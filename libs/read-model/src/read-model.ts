import { Kysely } from 'kysely';
import type { Head, HeldCards, OrderDocument, RedemptionDocument } from '#customer';
import { type Reached, reached } from './checkpoint.js';
import { findHeldCards } from './entities.js';
import { Leases, type LeaseOptions } from './leases.js';
import { type Exported, type ExportCursor, type ExportPage, exportRows } from './jobs/export-rows.js';
import { Jobs } from './jobs/jobs.js';
import { StoredSchemas } from './jobs/metadata-schemas.js';
import { migrate, patiently } from './migrations/index.js';
import { listParked, type Parked } from './parked.js';
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
import { type Db } from './queries/statements.js';
import { Rebuilds } from './rebuild/rebuilds.js';
import { renew, type Renewal, renewedTo } from './rebuild/renewal.js';
import { SegmentWork } from './segment-work.js';
import type { Tables } from './schema.js';
import { type PostgresOptions, postgresStorage } from './postgres/storage.js';
import type { SqliteOptions } from './sqlite/driver.js';
import { sqliteStorage } from './sqlite/storage.js';
import type { Storage } from './storage.js';
import { Deliveries } from './webhooks/deliveries.js';
import { Webhooks } from './webhooks/webhooks.js';

/** A file that this process keeps, or a database that instances share. */
export type OpenOptions = (SqliteOptions | PostgresOptions) & {
  /** For queries only: the tables must be there already. */
  readonly readonly?: boolean;
};

/** Customers, their orders, redemptions and activity, ready to be asked. */
export class ReadModel {
  private constructor(
    /** For the projector; everyone else asks by the methods. */
    readonly db: Db,
    readonly storage: Storage,
    /** The rows are rebuilt since it was opened, because another fold had made them. */
    readonly renewal: Renewal | undefined,
  ) {}

  /** Opens and, unless `readonly`, brings the tables up to date. Throws NewerReadModel. */
  static async open({ readonly = false, ...options }: OpenOptions): Promise<ReadModel> {
    const storage = 'file' in options ? sqliteStorage({ ...options, readonly }) : postgresStorage(options);
    const db = new Kysely<Tables>({ dialect: storage.dialect });
    try {
      const renewal = readonly ? undefined : await upToDate(db, storage);
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
    return new Leases(this.db, this.storage.now_ms, options);
  }

  /** The rebuilds of the tables that were asked for. */
  get rebuilds(): Rebuilds {
    return new Rebuilds(this.db);
  }

  /** Everything there is, in an order that `exportOrders` names, page by page. */
  exportRows(of: Exported, order: string, cursor: ExportCursor | undefined, limit: number): Promise<ExportPage> {
    return exportRows(this.db, of, order, cursor, limit);
  }

  /** What metadata may hold. */
  get schemas(): StoredSchemas {
    return new StoredSchemas(this.db);
  }

  /** Work that outlives its request. */
  get jobs(): Jobs {
    return new Jobs(this.db, this.storage.now_ms);
  }

  /** What segments have to look at. */
  get segmentWork(): SegmentWork {
    return new SegmentWork(this.db);
  }

  /** Who is told by HTTP. */
  get webhooks(): Webhooks {
    return new Webhooks(this.db);
  }

  /** What they are told, and what became of it. */
  get deliveries(): Deliveries {
    return new Deliveries(this.db);
  }

  /** Makes deleted rows unreadable in the files too, in time that grows with them. False: a reader was in the way, ask again later. */
  purge(): Promise<boolean> {
    return this.storage.purge();
  }

  close(): Promise<void> {
    return this.db.destroy();
  }
}

const upToDate = (db: Db, storage: Storage): Promise<Renewal | undefined> =>
  patiently(db, storage, async (patient) => {
    await migrate(patient, storage);
    return renew(patient, storage);
  });
