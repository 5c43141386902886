import { Controller, Delete, Get, Param, Post, Put, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  ContractError,
  limits,
  parsed,
  ValidationCheckBody,
  ValidationRulesBody,
  ValidationRulesChangeBody,
  ValidationRulesListQuery,
} from '#contract';
import type { ValidationFact } from '#customer';
import { newId } from '../commands/ids.js';
import { RecordValidation } from '../commands/validation.js';
import {
  entryIn,
  readRules,
  type RulesDefinition,
  type RulesEntry,
  rulesNotFound,
  ValidationRules,
} from '../validation-rules/validation-rules.js';
import { assertRole } from './auth.js';
import { Operation } from './operation.js';
import { contextOf, Incoming } from './request.js';
import { Writes } from './writes.js';

/** Contract 5.2: validation rules about customers, and their check against one customer. */
@Controller('v1/validation-rules')
export class ValidationRulesController {
  constructor(
    private readonly rules: ValidationRules,
    private readonly writes: Writes,
  ) {}

  @Post()
  @Operation({
    role: 'write',
    summary: 'Create validation rules',
    body: ValidationRulesBody,
    answer: 'ValidationRules',
  })
  async create(@Incoming() request: FastifyRequest): Promise<string> {
    const { name, rules, ...rest } = parsed(ValidationRulesBody, request.body ?? {});
    const definition = definitionOf({ name, rules: readRules(rules).source, ...NOTHING_SAID }, rest);
    const id = newId('val_');
    const entry = await this.rules.catalog.define(
      id,
      (entries) => {
        if (entries.size >= limits.validation_rules_max)
          throw new ContractError(
            'invalid_payload',
            `There are ${limits.validation_rules_max} validation rules already`,
          );
        return definition;
      },
      contextOf(request),
    );
    return shown(id, entry);
  }

  @Get()
  @Operation({
    role: 'read',
    summary: 'List validation rules',
    query: ValidationRulesListQuery,
    answer: 'ValidationRulesList',
  })
  async list(@Incoming() request: FastifyRequest): Promise<string> {
    const { limit, page, order } = parsed(ValidationRulesListQuery, request.query, 'query');
    const all = [...(await this.rules.catalog.state()).entries];
    if (order === '-created_at') all.reverse();
    const data = all.slice((page - 1) * limit, page * limit).map(([id, entry]) => objectOf(id, entry));
    return JSON.stringify({ object: 'list', data_ref: 'data', data, total: all.length });
  }

  @Get(':id')
  @Operation({ role: 'read', summary: 'Read validation rules', answer: 'ValidationRules' })
  async get(@Param('id') id: string): Promise<string> {
    return shown(id, await this.rules.entry(id));
  }

  @Put(':id')
  @Operation({
    role: 'write',
    summary: 'Change validation rules',
    body: ValidationRulesChangeBody,
    answer: 'ValidationRules',
  })
  async change(@Param('id') id: string, @Incoming() request: FastifyRequest): Promise<string> {
    const { rules: said, ...change } = parsed(ValidationRulesChangeBody, request.body ?? {});
    const rules = said && readRules(said).source;
    const entry = await this.rules.catalog.define(
      id,
      (entries) => {
        const before = entryIn(entries, id).definition;
        const after = definitionOf(rules ? { ...before, rules } : before, change);
        return JSON.stringify(after) === JSON.stringify(before) ? undefined : after;
      },
      contextOf(request),
    );
    return shown(id, entry);
  }

  @Delete(':id')
  @Operation({ role: 'write', summary: 'Delete validation rules', status: 204 })
  async delete(@Param('id') id: string, @Incoming() request: FastifyRequest): Promise<void> {
    if (!(await this.rules.catalog.remove(id, contextOf(request)))) throw rulesNotFound(id);
  }

  @Post(':id/check')
  @Operation({
    role: 'read',
    summary: 'Check whether a customer meets the rules',
    description:
      'The check uses the customer’s fields in the request and does not store them. With `record` (role `write`) the ' +
      'outcome becomes part of the customer’s history.',
    body: ValidationCheckBody,
    answer: 'ValidationCheck',
  })
  async check(
    @Param('id') id: string,
    @Incoming() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const body = parsed(ValidationCheckBody, request.body ?? {});
    if (body.record) assertRole(request, 'write');
    const { customer_id, verdict } = await this.rules.check(await this.rules.entry(id), body.customer, body.order);
    const { rules, error } = verdict;
    const outcome = { valid: verdict.valid, metadata: { validation_rules: id } };
    const { id: validation_id, valid } = body.record
      ? await this.keep(request, reply, body, outcome)
      : { id: newId(VALIDATION), valid: verdict.valid };
    return JSON.stringify({
      id: validation_id,
      object: 'validation_check',
      valid,
      rules,
      error: valid || error === null ? null : { message: error },
      ...(customer_id !== undefined && { customer_id }),
      ...(body.record && { recorded: true }),
    });
  }

  /** Resolves with the outcome, recorded once per Idempotency-Key. Throws 400 without a customer, 404 for another. */
  private async keep(
    request: FastifyRequest,
    reply: FastifyReply,
    { customer: { id, source_id }, tracking_id }: ValidationCheckBody,
    outcome: Omit<ValidationFact, 'id' | 'customer'>,
  ): Promise<{ readonly id: string; readonly valid: boolean }> {
    const ref = id ?? source_id;
    if (ref === undefined) throw new ContractError('missing_customer', 'Name the customer by id or source_id');
    const fact = { ...outcome, ...(tracking_id !== undefined && { tracking_id }), customer: { id: ref } };
    const { entity_id = '', state } = await this.writes.send(
      request,
      reply,
      ({ at, context, newId: newCustomerId }) =>
        new RecordValidation(
          { existing: ref },
          { ...fact, id: newCustomerId().replace(/^cust_/, VALIDATION) },
          at,
          context,
        ),
      ref,
    );
    return { id: entity_id, valid: state.entities.get('validation', entity_id)?.values.valid ?? outcome.valid };
  }
}

const VALIDATION = 'valid_';
const NOTHING_SAID = { error: null, applicable_to: null, type: 'basic', context_type: 'global' };

/** The definition after a change; fields that the change leaves out stay. */
function definitionOf(
  before: RulesDefinition,
  { name = before.name, ...said }: Omit<ValidationRulesChangeBody, 'rules'>,
): RulesDefinition {
  const {
    error = before.error,
    applicable_to = before.applicable_to,
    type = before.type,
    context_type = before.context_type,
  } = said;
  return { ...before, name, error, applicable_to, type, context_type };
}

function objectOf(id: string, { definition, created_at, updated_at }: RulesEntry): object {
  const {
    rules: { rules, logic },
    ...rest
  } = definition;
  return {
    id,
    ...rest,
    rules: { ...rules, logic },
    assignments_count: 0,
    created_at,
    updated_at,
    object: 'validation_rules',
  };
}

const shown = (id: string, entry: RulesEntry): string => JSON.stringify(objectOf(id, entry));
