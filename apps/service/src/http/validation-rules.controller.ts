import { Controller, Delete, Get, Param, Post, Put, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  ContractError,
  ValidationCheckBody,
  ValidationRulesBody,
  ValidationRulesChangeBody,
  ValidationRulesListQuery,
} from '#contract';
import type { FactOf } from '#customer';
import { newId } from '../commands/ids.js';
import { RecordFact } from '../commands/fact.js';
import { ChangeValidationRules, DefineValidationRules, RemoveValidationRules } from '../commands/validation-rules.js';
import { CheckValidationRules, GetValidationRules, ListValidationRules } from '../queries/validation-rules.js';
import type { RulesEntry } from '../validation-rules/validation-rules.js';
import { assertRole } from './auth.js';
import { FromBody, FromQuery } from './bound.js';
import { Operation } from './operation.js';
import { contextOf, Incoming } from './request.js';
import { Writes } from './writes.js';

/** Contract 5.2: validation rules about customers, and their check against one customer. */
@Controller('v1/validation-rules')
export class ValidationRulesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly writes: Writes,
  ) {}

  @Post()
  @Operation({
    role: 'write',
    summary: 'Create validation rules',
    answer: 'ValidationRules',
  })
  async create(
    @Incoming() request: FastifyRequest,
    @FromBody(ValidationRulesBody) body: ValidationRulesBody,
  ): Promise<string> {
    const id = newId('val_');
    return shown(id, await this.commands.execute(new DefineValidationRules(id, body, contextOf(request))));
  }

  @Get()
  @Operation({
    role: 'read',
    summary: 'List validation rules',
    answer: 'ValidationRulesList',
  })
  async list(@FromQuery(ValidationRulesListQuery) query: ValidationRulesListQuery): Promise<string> {
    const { entries, total } = await this.queries.execute(new ListValidationRules(query));
    const data = entries.map(([id, entry]) => objectOf(id, entry));
    return JSON.stringify({ object: 'list', data_ref: 'data', data, total });
  }

  @Get(':id')
  @Operation({ role: 'read', summary: 'Read validation rules', answer: 'ValidationRules' })
  async get(@Param('id') id: string): Promise<string> {
    return shown(id, await this.queries.execute(new GetValidationRules(id)));
  }

  @Put(':id')
  @Operation({
    role: 'write',
    summary: 'Change validation rules',
    answer: 'ValidationRules',
  })
  async change(
    @Param('id') id: string,
    @Incoming() request: FastifyRequest,
    @FromBody(ValidationRulesChangeBody) body: ValidationRulesChangeBody,
  ): Promise<string> {
    return shown(id, await this.commands.execute(new ChangeValidationRules(id, body, contextOf(request))));
  }

  @Delete(':id')
  @Operation({ role: 'write', summary: 'Delete validation rules', status: 204 })
  async delete(@Param('id') id: string, @Incoming() request: FastifyRequest): Promise<void> {
    await this.commands.execute(new RemoveValidationRules(id, contextOf(request)));
  }

  @Post(':id/check')
  @Operation({
    role: 'read',
    summary: 'Check whether a customer meets the rules',
    description:
      'The check uses the customer’s fields in the request and does not store them. With `record` (role `write`) the ' +
      'outcome becomes part of the customer’s history.',
    answer: 'ValidationCheck',
  })
  async check(
    @Param('id') id: string,
    @Incoming() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromBody(ValidationCheckBody) body: ValidationCheckBody,
  ): Promise<string> {
    if (body.record) assertRole(request, 'write');
    const { customer_id, verdict } = await this.queries.execute(new CheckValidationRules(id, body));
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
    outcome: Omit<FactOf<'validation'>, 'id' | 'customer'>,
  ): Promise<{ readonly id: string; readonly valid: boolean }> {
    const ref = id ?? source_id;
    if (ref === undefined) throw new ContractError('missing_customer', 'Name the customer by id or source_id');
    const fact = { ...outcome, ...(tracking_id !== undefined && { tracking_id }), customer: { id: ref } };
    const { entity_id = '', state } = await this.writes.send(
      request,
      reply,
      ({ at, context, newId: newCustomerId }) =>
        new RecordFact(
          { existing: ref },
          { kind: 'validation', data: { ...fact, id: newCustomerId().replace(/^cust_/, VALIDATION) } },
          at,
          context,
        ),
      ref,
    );
    return { id: entity_id, valid: state.entities.get('validation', entity_id)?.values.valid ?? outcome.valid };
  }
}

const VALIDATION = 'valid_';

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
