import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { ConsentCatalog } from '#customer';
import { ConsentDefinitions } from '../commands/consent-catalog.js';

/** The consents that customers can give. */
export class GetConsentCatalog extends Query<ConsentCatalog> {}

@QueryHandler(GetConsentCatalog)
class GetConsentCatalogHandler implements IQueryHandler<GetConsentCatalog> {
  constructor(private readonly definitions: ConsentDefinitions) {}

  execute(): Promise<ConsentCatalog> {
    return this.definitions.catalog();
  }
}

export const consentQueries = [GetConsentCatalogHandler];
