import { Injectable } from '@nestjs/common';
import { History } from '#audit';
import { KeyStore } from '#event-store';
import { CreditsWaiting } from '../commands/credits-waiting.js';
import { CustomerStreams } from '../commands/customer-streams.js';
import { Departures } from '../commands/departures.js';
import { DestroyKey } from './erasure.js';
import { type Reaction, react } from './reaction.js';
import { FollowerParts } from '../follower-parts.js';
import { CreditReferrer } from './referral.js';

/** Runs all reactions, each with its own checkpoint. */
@Injectable()
export class Reactions {
  private readonly stopping = new AbortController();
  private readonly all: readonly Reaction[];
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    streams: CustomerStreams,
    credits: CreditsWaiting,
    departures: Departures,
    history: History,
    keys: KeyStore,
    private readonly parts: FollowerParts,
  ) {
    this.all = [new CreditReferrer(streams, credits, history), new DestroyKey(departures, keys, parts.store)];
  }

  start(): void {
    const { signal } = this.stopping;
    this.running = Promise.all(
      this.all.map((one) =>
        react(one, this.parts, signal).catch((error: unknown) =>
          this.parts.log.error({ err: error, reaction: one.name }, 'reaction ended'),
        ),
      ),
    );
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }
}
