import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ContractError, type Fact, type FactReference, rejected, type UnreadableFact } from '#contract';
import { Rejection } from '#customer';
import { StoreOverloaded, TooManyConflicts } from '#event-store';
import { inPortions } from '#flow';
import type { Accepted, CommandContext } from '../commands/proposal.js';
import { Config } from '../config.js';
import { Metrics } from '../ops/metrics.js';
import { commandOf } from './commands.js';
import { FactDigests } from './fact-digests.js';
import { FactsAhead } from './facts-ahead.js';

/** The result of one fact. */
export type FactResult = {
  readonly id: string | null;
  readonly source: string | null;
} & (
  | {
      readonly status: 'accepted' | 'duplicate';
      readonly customer_id: string;
      readonly revision: number;
      readonly position: string;
    }
  | { readonly status: 'rejected'; readonly error: object }
);

/** The sender of facts. */
export interface Sender {
  readonly app_id: string;
  readonly request_id: string;
}

/** Turns facts of other services into commands, for every transport. */
@Injectable()
export class Ingest {
  private inFlight = 0;

  constructor(
    private readonly commands: CommandBus,
    private readonly config: Config,
    private readonly metrics: Metrics,
    private readonly ahead: FactsAhead,
    private readonly digests: FactDigests,
  ) {}

  /** Resolves with a result per fact, in order, once all are durable. Throws 429 before any write when many are open. */
  async take(facts: readonly (Fact | UnreadableFact)[], sender: Sender): Promise<FactResult[]> {
    if (this.inFlight > 0 && this.inFlight + facts.length > this.config.FACTS_IN_FLIGHT_MAX) {
      throw new ContractError('too_many_requests', `${this.inFlight} facts are under way`);
    }
    this.inFlight += facts.length;
    try {
      // customers that bring their own id come first: others in the same batch may name them by it
      const begun = new Map<Fact | UnreadableFact, Promise<FactResult>>();
      await this.each(facts.filter(bringsId), sender, begun);
      return await this.each(facts, sender, begun);
    } finally {
      this.inFlight -= facts.length;
    }
  }

  /** Resolves once the fact is durable. Throws 429 and errors of the engines: the caller retries. */
  async takeOne(fact: Fact | UnreadableFact, sender: Sender): Promise<FactResult> {
    this.inFlight += 1;
    try {
      const result = await this.one(fact, sender);
      if (result.status === 'rejected' && isBusy(result.error)) throw new ContractError('too_many_requests');
      return result;
    } finally {
      this.inFlight -= 1;
    }
  }

  /** Results in order; `begun` holds the facts that have started already. */
  private async each(
    facts: readonly (Fact | UnreadableFact)[],
    sender: Sender,
    begun: Map<Fact | UnreadableFact, Promise<FactResult>>,
  ): Promise<FactResult[]> {
    const results: Promise<FactResult>[] = [];
    for await (const portion of inPortions(facts))
      for (const fact of portion) {
        const result = begun.get(fact) ?? this.one(fact, sender);
        // Promise.all throws it once all facts have started
        result.catch(() => undefined);
        begun.set(fact, result);
        results.push(result);
      }
    return Promise.all(results);
  }

  private async one(fact: Fact | UnreadableFact, sender: Sender): Promise<FactResult> {
    const result = 'error' in fact ? refused(fact, fact.error, sender) : await this.record(fact, sender);
    this.metrics.facts.inc({ type: 'type' in fact ? fact.type : 'unreadable', status: result.status });
    return result;
  }

  private async record(fact: Fact, sender: Sender): Promise<FactResult> {
    const ahead = this.ahead.refusal(fact);
    if (ahead) return refused(fact, ahead, sender);
    try {
      const outcome = await this.commands.execute(commandOf(fact, contextOf(fact, this.digests.of(fact), sender)));
      return outcome instanceof Rejection ? refused(fact, rejected(outcome), sender) : taken(fact, outcome);
    } catch (error) {
      if (error instanceof StoreOverloaded || error instanceof TooManyConflicts) {
        return refused(fact, new ContractError('too_many_requests'), sender);
      }
      throw error;
    }
  }
}

const isBusy = (error: object): boolean => 'code' in error && error.code === 429;

const bringsId = (fact: Fact | UnreadableFact): boolean =>
  'type' in fact && fact.type === 'customer.created' && fact.data.id !== undefined;

/** The event keeps the fact's digest and sender as its origin. */
function contextOf({ source, id, sequence }: Fact, digest: string, { app_id, request_id }: Sender): CommandContext {
  return {
    actor: { channel: 'API', key: app_id },
    origin: { source, id, ...(sequence !== undefined && { sequence }), digest },
    correlation_id: request_id,
  };
}

const taken = (fact: Fact, outcome: Accepted): FactResult => ({
  id: fact.id,
  source: fact.source,
  status: outcome.changed ? 'accepted' : 'duplicate',
  customer_id: outcome.customer_id,
  revision: outcome.revision,
  position: String(outcome.position),
});

const refused = (fact: FactReference, error: ContractError, sender: Sender): FactResult => ({
  id: fact.id,
  source: fact.source,
  status: 'rejected',
  error: error.body(sender.request_id),
});
