import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { ValidationCheckBody, ValidationRulesListQuery } from '#contract';
import { assertAllUsed } from './filters.js';
import { type Checked, RulesCatalog, type RulesEntry, ValidationRules } from '../validation-rules/validation-rules.js';

export class GetValidationRules extends Query<RulesEntry> {
  constructor(readonly id: string) {
    super();
  }
}

@QueryHandler(GetValidationRules)
class GetValidationRulesHandler implements IQueryHandler<GetValidationRules> {
  constructor(private readonly rules: ValidationRules) {}

  execute({ id }: GetValidationRules): Promise<RulesEntry> {
    return this.rules.entry(id);
  }
}

export interface RulesPage {
  /** With their ids. */
  readonly entries: readonly (readonly [id: string, entry: RulesEntry])[];
  readonly total: number;
}

export class ListValidationRules extends Query<RulesPage> {
  constructor(readonly query: ValidationRulesListQuery) {
    super();
  }
}

@QueryHandler(ListValidationRules)
class ListValidationRulesHandler implements IQueryHandler<ListValidationRules> {
  constructor(private readonly catalog: RulesCatalog) {}

  async execute({ query: { limit, page, order, ...rest } }: ListValidationRules): Promise<RulesPage> {
    assertAllUsed(rest);
    const all = [...(await this.catalog.state()).entries];
    if (order === '-created_at') all.reverse();
    return { entries: all.slice((page - 1) * limit, page * limit), total: all.length };
  }
}

/** Checks a customer, with the statements of the body about it, against the rules. */
export class CheckValidationRules extends Query<Checked> {
  constructor(
    readonly id: string,
    readonly body: ValidationCheckBody,
  ) {
    super();
  }
}

@QueryHandler(CheckValidationRules)
class CheckValidationRulesHandler implements IQueryHandler<CheckValidationRules> {
  constructor(private readonly rules: ValidationRules) {}

  async execute({ id, body: { customer, order } }: CheckValidationRules): Promise<Checked> {
    return this.rules.check(await this.rules.entry(id), customer, order);
  }
}

export const validationRulesQueries = [
  GetValidationRulesHandler,
  ListValidationRulesHandler,
  CheckValidationRulesHandler,
];
