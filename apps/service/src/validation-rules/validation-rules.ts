import { Injectable } from '@nestjs/common';
import { ContractError, type CustomerBody } from '#contract';
import { blank, customer, type CustomerState, nine, updateCustomer, Rejection } from '#customer';
import { Catalog, type CatalogEntries, type CatalogEntry, type CatalogWords } from '#event-store';
import { subjectOf } from '#segment';
import { type Case, type CompiledRules, parseRules, type RuleSet, type RuleVerdict } from '#validation-rule';
import { CustomerStreams } from '../commands/customer-streams.js';
import { Clock } from '../ops/clock.js';
import { Memberships } from '../segments/memberships.js';

/** The stored form, which never changes. */
export interface RulesDefinition {
  readonly name: string;
  readonly rules: RuleSet;
  readonly error: { readonly message: string } | null;
  readonly applicable_to: object | null;
  readonly type: string;
  readonly context_type: string;
}

export const VALIDATION_RULES: CatalogWords = {
  stream: 'validation-rules',
  defined: 'ValidationRulesDefined',
  removed: 'ValidationRulesRemoved',
};

export type RulesEntry = CatalogEntry<RulesDefinition>;
export class RulesCatalog extends Catalog<RulesDefinition> {}

/** The outcome of a check, with the id of an existing customer. */
export interface Checked {
  readonly customer_id: string | undefined;
  readonly verdict: RuleVerdict;
}

/** Checks customers against rules, by the state of the write side alone. */
@Injectable()
export class ValidationRules {
  private readonly compiled = new WeakMap<RulesDefinition, CompiledRules>();

  constructor(
    readonly catalog: RulesCatalog,
    private readonly streams: CustomerStreams,
    private readonly memberships: Memberships,
    private readonly clock: Clock,
  ) {}

  /** Throws 404. */
  async entry(id: string): Promise<RulesEntry> {
    return entryIn((await this.catalog.state()).entries, id);
  }

  async check({ definition }: RulesEntry, said: CustomerBody, order: Case['order']): Promise<Checked> {
    const now = this.clock.now();
    const { id: known, state } = await this.standing(said);
    const told = withSaid(state, said, now);
    const id = known ?? said.id ?? '';
    const segments = await this.memberships.of({ id, state: told });
    const verdict = this.rulesOf(definition).check({
      subject: subjectOf(id, told.head),
      state: told,
      segments: segments.map((one) => one.id),
      order,
      now,
    });
    const error = verdict.valid ? null : (verdict.error ?? definition.error?.message ?? null);
    return { customer_id: known, verdict: { ...verdict, error } };
  }

  private rulesOf(definition: RulesDefinition): CompiledRules {
    const known = this.compiled.get(definition);
    if (known) return known;
    const { rules, logic } = definition.rules;
    const made = readRules({ ...rules, logic });
    this.compiled.set(definition, made);
    return made;
  }

  /** An id wins over a source id (contract 2.1). */
  private async standing({ id, source_id }: CustomerBody): Promise<{ id: string | undefined; state: CustomerState }> {
    const ref = id ?? source_id;
    const found = ref === undefined ? undefined : await this.streams.active(ref);
    return found ?? { id: undefined, state: blank };
  }
}

/** Throws 404. */
export function entryIn(entries: CatalogEntries<RulesDefinition>, id: string): RulesEntry {
  const entry = entries.get(id);
  if (!entry) throw rulesNotFound(id);
  return entry;
}

export const rulesNotFound = (id: string): ContractError =>
  new ContractError('not_found', `Cannot find validation rules with id ${id}`, { id, type: 'validation_rules' });

/** Compiles rules. Throws 400 that lists their problems. */
export function readRules(said: object): CompiledRules {
  const read = parseRules(said);
  if ('problems' in read) throw ContractError.ofProblems('invalid_payload', read.problems);
  return read;
}

/** The state of the customer with the fields of the request, which are not stored. */
function withSaid(state: CustomerState, { id: _, source_id, ...said }: CustomerBody, at: string): CustomerState {
  if (state.status !== 'active') {
    const occurred_at = nine(at);
    const data = { ...said, ...(source_id !== undefined && { source_id }), created_at: occurred_at };
    // keeps the status, because the customer does not exist
    return { ...customer.evolve(state, { type: 'CustomerCreated', occurred_at, data }), status: state.status };
  }
  const decided = updateCustomer(state, said, { at: nine(at) });
  return decided instanceof Rejection ? state : decided.state;
}
