import { type CustomerEvent, personal, upcast, versions } from '#customer';
import type { Codec } from '#event-store';

/** How the domain's events are written and read back: the one place where #customer meets #event-store. */
export const customerCodec: Codec<CustomerEvent> = { personal, versions, upcast };
