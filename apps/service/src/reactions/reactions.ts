import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { KeyStore } from '#event-store';
import { CustomerStreams } from '../commands/customer-streams.js';
import { DestroyKey } from './erasure.js';
import { type Reaction, react } from './reaction.js';
import { Surroundings } from '../surroundings.js';
import { CreditReferrer } from './referral.js';

/** All reactions, each with a checkpoint of its own. */
@Injectable()
export class Reactions {
  private readonly stopping = new AbortController();
  private readonly all: readonly Reaction[];
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    commands: CommandBus,
    streams: CustomerStreams,
    keys: KeyStore,
    private readonly surroundings: Surroundings,
  ) {
    this.all = [new CreditReferrer(commands), new DestroyKey(streams, keys, surroundings.store)];
  }

  start(): void {
    const { signal } = this.stopping;
    this.running = Promise.all(
      this.all.map((one) =>
        react(one, this.surroundings, signal).catch((error: unknown) =>
          this.surroundings.log.error({ err: error, reaction: one.name }, 'reaction ended'),
        ),
      ),
    );
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }
}
