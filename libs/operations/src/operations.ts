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
  type Reached,
  reached,
  type Storage,
} from '#database';
import { forgetFiles } from './jobs/forgetting.js';
import { Jobs } from './jobs/jobs.js';
import { StoredSchemas } from './metadata-schemas.js';
import { migrations } from './migrations/index.js';
import { isPurgeDue, notePurged } from './purge.js';
import type { Db, Tables } from './schema.js';
import { takeOver } from './taking-over.js';
import { Deliveries } from './webhooks/deliveries.js';
import { Webhooks } from './webhooks/webhooks.js';

export type OperationsOptions = DatabaseOptions & {
  /** The read model, which kept these records in version 0.1.0; records that are still there are moved. */
  readonly former?: DatabaseOptions;
};

/** Records that no rebuild can make: asynchronous actions, exports, webhooks, deliveries, metadata schemas. */
export class Operations implements Purgeable {
  private constructor(
    /** For work whose checkpoint moves in the same transaction; everything else uses the methods. */
    readonly db: Db,
    private readonly storage: Storage,
  ) {}

  /** Opens and, unless `readonly`, brings the tables up to date. Throws NewerTables. */
  static async open({ former, ...options }: OperationsOptions): Promise<Operations> {
    const storage = openStorage(options, { personal: ['jobs', 'job_parts'], isRebuildable: false });
    const db = new Kysely<Tables>({ dialect: storage.dialect });
    try {
      if (!options.readonly) await upToDate(db, storage, former);
      return new Operations(db, storage);
    } catch (error) {
      await db.destroy();
      throw error;
    }
  }

  /** Work that outlives its request. */
  get jobs(): Jobs {
    return new Jobs(this.db, this.storage.now_ms);
  }

  get schemas(): StoredSchemas {
    return new StoredSchemas(this.db);
  }

  get webhooks(): Webhooks {
    return new Webhooks(this.db);
  }

  /** The deliveries to webhooks, with their results. */
  get deliveries(): Deliveries {
    return new Deliveries(this.db, this.storage.now_ms);
  }

  /** Shares a follower's work out among instances; its checkpoints move in transactions on `db`. */
  leases(options: LeaseOptions): Leases {
    return new Leases(leaseTables(this.db), this.storage.now_ms, options);
  }

  /** The progress of a follower of the event store; undefined before it has begun. */
  reached(work: string): Promise<Reached | undefined> {
    return reached(this.db, work);
  }

  /** Deletes the files that may hold data of an erased customer. */
  forgetFiles(): Promise<void> {
    return this.db.transaction().execute((tx) => forgetFiles(tx));
  }

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

const upToDate = (db: Db, storage: Storage, former: DatabaseOptions | undefined): Promise<void> =>
  patiently(db, storage, async (patient) => {
    await migrate(patient, storage, migrations(storage.words));
    if (former) await takeOver(patient, storage, former);
  });
