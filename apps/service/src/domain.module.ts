import { Global, Module, type Provider } from '@nestjs/common';
import { consentCatalog, customer, type CustomerEvent, type CustomerState, weightOf } from '#customer';
import { Repository, Catalog, Decoder, EventStore, Keyring, KeyStore } from '#event-store';
import { AccessLog, History } from '#audit';
import { ALIASES, AliasClaims, SOURCE_IDS, SourceIdClaims } from './commands/customer-names.js';
import { IDEMPOTENCY_KEYS, IdempotencyClaims, IdempotencySecret } from './commands/idempotency.js';
import { ORDER_NAMES, OrderClaims } from './commands/order-names.js';
import { ConsentCatalogs } from './commands/consent-catalog.js';
import { consentCatalogCodec, customerCodec } from './codec.js';
import { Config } from './config.js';
import { Clock } from './ops/clock.js';
import { type SegmentDefinition, SEGMENTS, Segments } from './segments/segments.js';
import { RulesCatalog, VALIDATION_RULES } from './validation-rules/validation-rules.js';
import { FactDigests } from './ingest/fact-digests.js';

/** The cache weight of a customer without entities, in entities. */
const CUSTOMER_WEIGHT = 10;

const domain: Provider[] = [
  Clock,
  { provide: Keyring, inject: [KeyStore], useFactory: (keys: KeyStore) => new Keyring(keys) },
  { provide: Decoder, inject: [Keyring], useFactory: (keyring: Keyring) => new Decoder(customerCodec, keyring) },
  {
    provide: History,
    inject: [EventStore, Decoder],
    useFactory: (store: EventStore, decoder: Decoder<CustomerEvent>) => new History(store, decoder),
  },
  {
    provide: AccessLog,
    inject: [EventStore, Clock],
    useFactory: (store: EventStore, clock: Clock) => new AccessLog(store, () => clock.now()),
  },
  {
    provide: Repository,
    inject: [EventStore, Keyring, Clock, Config],
    useFactory: (store: EventStore, keyring: Keyring, clock: Clock, config: Config) =>
      new Repository<CustomerState, CustomerEvent>(store, customerCodec, keyring, customer, {
        now: () => clock.now(),
        weigh: (state) => CUSTOMER_WEIGHT + weightOf(state),
        cache_weight_max: config.CACHE_ENTITIES_MAX,
        isSoleWriter: config.isEmbedded,
      }),
  },
  {
    provide: ConsentCatalogs,
    inject: [EventStore, Keyring, Clock, Config],
    useFactory: (store: EventStore, keyring: Keyring, clock: Clock, config: Config) =>
      new ConsentCatalogs(store, consentCatalogCodec, keyring, consentCatalog, {
        now: () => clock.now(),
        weigh: () => 1,
        cache_weight_max: 1,
        isSoleWriter: config.isEmbedded,
      }),
  },
  {
    provide: SourceIdClaims,
    inject: [EventStore, KeyStore, Keyring, Clock],
    useFactory: async (store: EventStore, keys: KeyStore, keyring: Keyring, clock: Clock) =>
      new SourceIdClaims(store, SOURCE_IDS, await keys.index(), () => clock.now(), keyring),
  },
  {
    provide: AliasClaims,
    inject: [EventStore, KeyStore, Keyring, Clock],
    useFactory: async (store: EventStore, keys: KeyStore, keyring: Keyring, clock: Clock) =>
      new AliasClaims(store, ALIASES, await keys.index(), () => clock.now(), keyring),
  },
  {
    provide: FactDigests,
    inject: [KeyStore],
    useFactory: async (keys: KeyStore) => new FactDigests(await keys.index()),
  },
  {
    provide: Segments,
    inject: [EventStore, Clock],
    useFactory: (store: EventStore, clock: Clock) =>
      new Segments(new Catalog<SegmentDefinition>(store, SEGMENTS, () => clock.now())),
  },
  {
    provide: RulesCatalog,
    inject: [EventStore, Clock],
    useFactory: (store: EventStore, clock: Clock) => new RulesCatalog(store, VALIDATION_RULES, () => clock.now()),
  },
  {
    provide: IdempotencyClaims,
    inject: [EventStore, KeyStore, Clock],
    useFactory: async (store: EventStore, keys: KeyStore, clock: Clock) =>
      new IdempotencyClaims(store, IDEMPOTENCY_KEYS, await keys.index(), () => clock.now()),
  },
  {
    provide: OrderClaims,
    inject: [EventStore, KeyStore, Clock],
    useFactory: async (store: EventStore, keys: KeyStore, clock: Clock) =>
      new OrderClaims(store, ORDER_NAMES, await keys.index(), () => clock.now()),
  },
  {
    provide: IdempotencySecret,
    inject: [KeyStore],
    useFactory: async (keys: KeyStore) => new IdempotencySecret(await keys.index()),
  },
];

/** Histories, catalogs and claims on the ports, whatever is behind them. */
@Global()
@Module({ providers: domain, exports: domain })
export class DomainModule {}
