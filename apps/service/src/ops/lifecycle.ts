import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { EventStore, KeyStore } from '#event-store';
import { Operations } from '#operations';
import { ReadModel } from '#read-model';

/** What runs beside the requests, by the roles of the instance. */
export interface Background {
  start(): void;
  stop(): Promise<void>;
  /** Why the instance cannot do its work at the moment. */
  readonly trouble?: string | undefined;
  /** What does not work at the moment while everything else does. */
  readonly warning?: string | undefined;
}
export const BACKGROUND = Symbol('background');

/** What runs beside the requests starts after them and ends before the stores are closed. */
@Injectable()
export class Lifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  /** What has been told to stop and is not done yet. */
  readonly stopping = new Set<string>();

  constructor(
    @Inject(BACKGROUND) private readonly background: readonly Background[],
    private readonly store: EventStore,
    private readonly keys: KeyStore,
    private readonly model: ReadModel,
    private readonly operations: Operations,
  ) {}

  onApplicationBootstrap(): void {
    for (const one of this.background) one.start();
  }

  private async until(name: string, done: Promise<unknown>): Promise<void> {
    this.stopping.add(name);
    await done;
    this.stopping.delete(name);
  }

  /** Called by Nest when the HTTP server has answered what was open. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.background.map((one) => this.until(one.constructor.name, one.stop())));
    await this.until('event store', this.store.close());
    const databases = [this.keys.close(), this.model.close(), this.operations.close()];
    await this.until('keys, read model and operations', Promise.all(databases));
  }
}
