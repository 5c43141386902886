import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { CustomerEvent } from '#customer';
import { Decoder, EventStore } from '#event-store';
import { ReadModel } from '#read-model';
import { CustomerStreams } from '../commands/customer-streams.js';
import { Log } from '../ops/log.js';
import { Metrics } from '../ops/metrics.js';
import { DestroyKey } from './erasure.js';
import { type Checkpoints, type Reaction, react } from './reaction.js';
import { CreditReferrer } from './referral.js';

/** All reactions, each with a checkpoint of its own. */
@Injectable()
export class Reactions {
  private readonly stopping = new AbortController();
  private running: Promise<unknown> = Promise.resolve();
  private readonly all: readonly Reaction[];
  private readonly checkpoints: Checkpoints;

  constructor(
    commands: CommandBus,
    streams: CustomerStreams,
    model: ReadModel,
    private readonly store: EventStore,
    private readonly decoder: Decoder<CustomerEvent>,
    private readonly metrics: Metrics,
    @Inject(Log) private readonly log: Log,
  ) {
    this.all = [new CreditReferrer(commands), new DestroyKey(streams)];
    this.checkpoints = {
      load: async (name) => (await model.checkpoint(name))?.position,
      save: async (name, position) => model.saveCheckpoint(name, { position, store_id: await store.identity() }),
    };
  }

  start(): void {
    const { store, decoder, checkpoints, log, metrics } = this;
    const loops = this.all.map((one) =>
      react(one, { store, decoder, checkpoints, log, metrics }, this.stopping.signal),
    );
    this.running = Promise.all(loops);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }
}
