import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { EventStore, KeyStore } from '#event-store';
import { ReadModel } from '#read-model';
import { Config } from '../config.js';
import { ProjectorThread } from '../projector/projector-thread.js';
import { Reactions } from '../reactions/reactions.js';

/** What runs beside the requests starts after them and ends before the stores are closed. */
@Injectable()
export class Lifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly config: Config,
    private readonly projector: ProjectorThread,
    private readonly reactions: Reactions,
    private readonly store: EventStore,
    private readonly keys: KeyStore,
    private readonly model: ReadModel,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.config.has('projector')) return;
    this.projector.start();
    this.reactions.start();
  }

  /** Called by Nest when the HTTP server has answered what was open. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.reactions.stop(), this.projector.stop(this.config.SHUTDOWN_TIMEOUT_MS / 2)]);
    await this.store.close();
    await Promise.all([this.keys.close(), this.model.close()]);
  }
}
