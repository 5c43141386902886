import { Injectable } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ContractError, limits } from '#contract';
import {
  type ConsentCatalog,
  consentCatalog,
  type ConsentCatalogEvent,
  type ConsentGroupInput,
  type ConsentInput,
  CONSENTS_STREAM,
  defineConsent,
  defineConsentGroup,
  Rejection,
  reviseConsent,
  reviseConsentGroup,
  withdrawConsent,
  withdrawConsentGroup,
  wordingsOf,
} from '#customer';
import { Repository, type Context, decided, nineDigits } from '#event-store';

/** The catalog after a command, or its refusal. */
type Outcome = ConsentCatalog | Rejection;
type Rule<Input> = (
  catalog: ConsentCatalog,
  id: string,
  input: Input,
  at: string,
) => readonly ConsentCatalogEvent[] | Rejection;

export class ConsentCatalogs extends Repository<ConsentCatalog, ConsentCatalogEvent> {}

/** The one catalog of an installation. */
@Injectable()
export class ConsentDefinitions {
  constructor(private readonly catalogs: ConsentCatalogs) {}

  async catalog(): Promise<ConsentCatalog> {
    return (await this.catalogs.load(CONSENTS_STREAM)).state;
  }

  /** The current version of the wording of each consent. */
  async wordings(ids: readonly string[]): Promise<Readonly<Record<string, number>>> {
    return wordingsOf(await this.catalog(), ids);
  }

  async decide<Input>({ id, input, at, context }: CatalogCommand<Input>, rule: Rule<Input>): Promise<Outcome> {
    const decide = ({ state }: { readonly state: ConsentCatalog }) => {
      const events = rule(state, id, input, nineDigits(at));
      return events instanceof Rejection ? events : decided(consentCatalog, state, events);
    };
    const outcome = await this.catalogs.handle<Rejection>(CONSENTS_STREAM, decide, context);
    return outcome instanceof Rejection ? outcome : outcome.state;
  }
}

abstract class CatalogCommand<Input> extends Command<Outcome> {
  constructor(
    readonly id: string,
    readonly input: Input,
    readonly at: string,
    readonly context: Context,
  ) {
    super();
  }
}

export class DefineConsent extends CatalogCommand<ConsentInput> {}
export class ReviseConsent extends CatalogCommand<Partial<ConsentInput>> {}
export class WithdrawConsent extends CatalogCommand<undefined> {}
export class DefineConsentGroup extends CatalogCommand<ConsentGroupInput> {}
export class ReviseConsentGroup extends CatalogCommand<Partial<ConsentGroupInput>> {}
export class WithdrawConsentGroup extends CatalogCommand<undefined> {}

type CatalogCommandClass<Input> = new (id: string, input: Input, at: string, context: Context) => CatalogCommand<Input>;

function decidesOnCatalog<Input>(command: CatalogCommandClass<Input>, rule: Rule<Input>) {
  @CommandHandler(command)
  class Handler implements ICommandHandler<CatalogCommand<Input>> {
    constructor(private readonly definitions: ConsentDefinitions) {}

    execute(given: CatalogCommand<Input>): Promise<Outcome> {
      return this.definitions.decide(given, rule);
    }
  }
  Object.defineProperty(Handler, 'name', { value: `${command.name}Handler` });
  return Handler;
}

/** Bounds the catalog, which is always read as a whole; withdrawn entries count. */
function assertRoom(all: object): void {
  if (Object.keys(all).length >= limits.consents_max)
    throw new ContractError('invalid_payload', `There are ${limits.consents_max} already`);
}

export const consentCatalogCommands = [
  decidesOnCatalog(DefineConsent, (catalog, id, input, at) => {
    assertRoom(catalog.consents);
    return defineConsent(catalog, id, input, at);
  }),
  decidesOnCatalog(ReviseConsent, reviseConsent),
  decidesOnCatalog(WithdrawConsent, (catalog, id, _, at) => withdrawConsent(catalog, id, at)),
  decidesOnCatalog(DefineConsentGroup, (catalog, id, input, at) => {
    assertRoom(catalog.groups);
    return defineConsentGroup(catalog, id, input, at);
  }),
  decidesOnCatalog(ReviseConsentGroup, reviseConsentGroup),
  decidesOnCatalog(WithdrawConsentGroup, (catalog, id, _, at) => withdrawConsentGroup(catalog, id, at)),
];
