import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ContractError, limits, type ValidationRulesBody, type ValidationRulesChangeBody } from '#contract';
import type { Context } from '#event-store';
import {
  entryIn,
  readRules,
  RulesCatalog,
  type RulesDefinition,
  type RulesEntry,
  rulesNotFound,
} from '../validation-rules/validation-rules.js';

export class DefineValidationRules extends Command<RulesEntry> {
  constructor(
    readonly id: string,
    readonly body: ValidationRulesBody,
    readonly context: Context,
  ) {
    super();
  }
}

@CommandHandler(DefineValidationRules)
class DefineValidationRulesHandler implements ICommandHandler<DefineValidationRules> {
  constructor(private readonly catalog: RulesCatalog) {}

  async execute({ id, body: { name, rules, ...rest }, context }: DefineValidationRules): Promise<RulesEntry> {
    const definition = definitionOf({ name, rules: readRules(rules).source, ...NOTHING_SAID }, rest);
    return this.catalog.define(
      id,
      (entries) => {
        if (entries.size >= limits.validation_rules_max)
          throw new ContractError(
            'invalid_payload',
            `There are ${limits.validation_rules_max} validation rules already`,
          );
        return definition;
      },
      context,
    );
  }
}

/** A change of validation rules; absent properties keep their values. */
export class ChangeValidationRules extends Command<RulesEntry> {
  constructor(
    readonly id: string,
    readonly body: ValidationRulesChangeBody,
    readonly context: Context,
  ) {
    super();
  }
}

@CommandHandler(ChangeValidationRules)
class ChangeValidationRulesHandler implements ICommandHandler<ChangeValidationRules> {
  constructor(private readonly catalog: RulesCatalog) {}

  async execute({ id, body: { rules: said, ...change }, context }: ChangeValidationRules): Promise<RulesEntry> {
    const rules = said && readRules(said).source;
    return this.catalog.define(
      id,
      (entries) => {
        const before = entryIn(entries, id).definition;
        const after = definitionOf(rules ? { ...before, rules } : before, change);
        return JSON.stringify(after) === JSON.stringify(before) ? undefined : after;
      },
      context,
    );
  }
}

export class RemoveValidationRules extends Command<void> {
  constructor(
    readonly id: string,
    readonly context: Context,
  ) {
    super();
  }
}

@CommandHandler(RemoveValidationRules)
class RemoveValidationRulesHandler implements ICommandHandler<RemoveValidationRules> {
  constructor(private readonly catalog: RulesCatalog) {}

  async execute({ id, context }: RemoveValidationRules): Promise<void> {
    if (!(await this.catalog.remove(id, context))) throw rulesNotFound(id);
  }
}

const NOTHING_SAID = { error: null, applicable_to: null, type: 'basic', context_type: 'global' };

/** Fields that are left out stay. */
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

export const validationRulesCommands = [
  DefineValidationRulesHandler,
  ChangeValidationRulesHandler,
  RemoveValidationRulesHandler,
];
