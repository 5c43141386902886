import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { EventStore, KeyStore } from '#event-store';
import { Operations } from '#operations';
import { ReadModel } from '#read-model';

/** Background work of an instance, by its roles. */
export interface Background {
  start(): void;
  stop(): Promise<void>;
  /** Why the instance cannot do its work at the moment. */
  readonly problem?: string | undefined;
  /** Why this work fails at the moment while the instance can do everything else. */
  readonly warning?: string | undefined;
}
export const BACKGROUND = Symbol('background');

/** Starts background work after the HTTP server, and stops it before the stores are closed. */
@Injectable()
export class Lifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  /** The parts that are still stopping. */
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

  /** Nest calls this once the HTTP server has answered the open requests. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.background.map((one) => this.until(one.constructor.name, one.stop())));
    await this.until('event store', this.store.close());
    const databases = [this.keys.close(), this.model.close(), this.operations.close()];
    await this.until('keys, read model and operations', Promise.all(databases));
  }
}
