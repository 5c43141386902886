import {
  type ConsentCatalogEvent,
  consentCatalogTypes,
  type CustomerEvent,
  personal,
  upcast,
  versions,
} from '#customer';
import type { Codec } from '#event-store';

/* How the domain's events are written and read back: the one place where #customer meets #event-store. */

export const customerCodec: Codec<CustomerEvent> = { personal, versions, upcast };

/** Nothing in the catalog of consents is about a person. */
export const consentCatalogCodec: Codec<ConsentCatalogEvent> = {
  personal: {},
  versions: Object.fromEntries(consentCatalogTypes.map((type) => [type, 1])),
  upcast: (_type, _version, data) => data as unknown as ConsentCatalogEvent['data'],
};
