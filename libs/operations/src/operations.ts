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
  /** The read model, which kept these records in version 0.1.0: what is left of them there is moved. */
  readonly former?: DatabaseOptions;
};

/** Records that nothing else can make again: asynchronous actions, exports, webhooks, deliveries, metadata schemas. */
export class Operations implements Purgeable {
  private constructor(
    /** For work whose checkpoint moves in the same transaction; everything else asks by the methods. */
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

  /** What metadata may hold. */
  get schemas(): StoredSchemas {
    return new StoredSchemas(this.db);
  }

  /** The receivers that are told by HTTP. */
  get webhooks(): Webhooks {
    return new Webhooks(this.db);
  }

  /** What they are told, and what became of it. */
  get deliveries(): Deliveries {
    return new Deliveries(this.db);
  }

  /** Shares a follower's work out among instances; its checkpoints move in transactions on `db`. */
  leases(options: LeaseOptions): Leases {
    return new Leases(leaseTables(this.db), this.storage.now_ms, options);
  }

  /** How far a follower of the event store has come; undefined before it has begun. */
  reached(work: string): Promise<Reached | undefined> {
    return reached(this.db, work);
  }

  /** Deletes the files that may tell of a customer who is erased. */
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
