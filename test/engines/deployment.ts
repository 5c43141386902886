import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Service } from '../support/service.js';
import { StandIn } from '../support/stand-in.js';
import { scratchDatabase } from './database.js';

/** Instances that share a stand-in of EventStoreDB and a database of a PostgreSQL server. */
export class Deployment {
  private readonly instances: Service[] = [];

  private constructor(
    readonly folder: string,
    readonly database: Awaited<ReturnType<typeof scratchDatabase>>,
    private readonly store: StandIn,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  static async open(server: string, settings: Readonly<Record<string, string>> = {}): Promise<Deployment> {
    const folder = await mkdtemp(join(tmpdir(), 'ledger-deployment-'));
    const store = await StandIn.start(join(folder, 'events.db'));
    const database = await scratchDatabase(server);
    return new Deployment(folder, database, store, {
      EVENT_STORE_URL: store.url,
      DATABASE_URL: database.url,
      LEDGER_MASTER_KEY: randomBytes(32).toString('base64'),
      ...settings,
    });
  }

  /** Starts instance `n`, also again: each has a folder of its own. */
  async start(n: number, settings: Readonly<Record<string, string>> = {}): Promise<Service> {
    const directory = join(this.folder, `instance-${n}`);
    const instance = await Service.start({ directory, env: { ...this.env, ...settings } });
    this.instances[n] = instance;
    return instance;
  }

  /** Stops the running instances in order, and removes everything. */
  async close(): Promise<void> {
    for (const instance of this.instances) await instance.stop();
    await this.store.kill();
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
