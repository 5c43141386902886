import type { Command } from '@nestjs/cqrs';
import type { Fact } from '#contract';
import { RecordFact } from '../commands/fact.js';
import { RecordProfile } from '../commands/profile.js';
import type { CommandContext, CommandOutcome, CustomerRef } from '../commands/proposal.js';
import { RecordReferral } from '../commands/referral.js';

/** The command that a fact becomes: facts that join or create other customers have their own. */
export function commandOf(fact: Fact, context: CommandContext): Command<CommandOutcome> {
  const [customer, at] = [customerOf(fact), fact.occurred_at];
  if (fact.kind === 'profile') return new RecordProfile(customer, fact.data, at, context);
  if (fact.kind === 'referral') return new RecordReferral(customer, fact.data, at, context);
  return new RecordFact(customer, fact, at, context);
}

/** Facts about a profile are the customer; all others name theirs. An id wins over a source id. */
function customerOf(fact: Fact): CustomerRef {
  const { id, source_id = '' } = 'customer' in fact.data ? fact.data.customer : fact.data;
  return id === undefined ? { source_id } : { id };
}
