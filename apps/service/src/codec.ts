import {
  type ConsentCatalogEvent,
  consentCatalogTypes,
  type CustomerEvent,
  personal,
  upcast,
  versions,
} from '#customer';
import type { Codec } from '#event-store';

/* The codecs of the domain's events: the only file that connects #customer and #event-store. */

export const customerCodec: Codec<CustomerEvent> = { personal, versions, upcast };

/** The catalog of consents has no personal fields. */
export const consentCatalogCodec: Codec<ConsentCatalogEvent> = {
  personal: {},
  versions: Object.fromEntries(consentCatalogTypes.map((type) => [type, 1])),
  upcast: (_type, _version, data) => data as unknown as ConsentCatalogEvent['data'],
};
