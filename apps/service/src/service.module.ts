import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { openBroker } from './adapters.js';
import { AdaptersModule } from './adapters.module.js';
import { Broker } from './broker.js';
import { CockpitController } from './cockpit/cockpit.controller.js';
import { CockpitTokens } from './cockpit/tokens.js';
import { ConsentDefinitions } from './commands/consent-catalog.js';
import { CustomerStreams } from './commands/customer-streams.js';
import { Idempotency } from './commands/idempotency.js';
import { commandHandlers } from './commands/index.js';
import { OrderNames } from './commands/order-names.js';
import { Config } from './config.js';
import { DomainModule } from './domain.module.js';
import { AccessLogController } from './http/access-log.controller.js';
import { Accesses } from './http/accesses.js';
import { AsyncActionsController } from './http/async-actions.controller.js';
import { Assets } from './http/assets.js';
import { BulkController } from './http/bulk.controller.js';
import { BundleController } from './http/bundle.controller.js';
import { CustomerSegmentsController } from './http/customer-segments.controller.js';
import { ClientController } from './http/client.controller.js';
import { ConsentsController } from './http/consents.controller.js';
import { EventsController } from './http/events.controller.js';
import { CustomersController } from './http/customers.controller.js';
import { Feeds } from './feed/feeds.js';
import { ExportsController } from './http/exports.controller.js';
import { FactsController } from './http/facts.controller.js';
import { FeedController } from './http/feed.controller.js';
import { HistoryController } from './http/history.controller.js';
import { ApiDescription } from './http/openapi.js';
import { RebuildsController } from './http/rebuilds.controller.js';
import { MetadataSchemasController } from './http/metadata-schemas.controller.js';
import { SegmentsController } from './http/segments.controller.js';
import { OpsController } from './http/ops.controller.js';
import { OrdersController } from './http/orders.controller.js';
import { WebhooksController } from './http/webhooks.controller.js';
import { Reads } from './http/reads.js';
import { RedemptionsController } from './http/redemptions.controller.js';
import { Writes } from './http/writes.js';
import { OrderImports } from './ingest/order-imports.js';
import { FactsConsumer } from './ingest/facts-consumer.js';
import { FactsAhead } from './ingest/facts-ahead.js';
import { Ingest } from './ingest/ingest.js';
import { CustomerUpdates } from './jobs/customer-updates.js';
import { Exports } from './jobs/exports.js';
import { Intake } from './jobs/intake.js';
import { Links } from './jobs/links.js';
import { JobRunner, WORKS } from './jobs/runner.js';
import type { Work } from './jobs/work.js';
import { Freshness } from './ops/freshness.js';
import { MetadataSchemas } from './metadata/metadata-schemas.js';
import { Health } from './ops/health.js';
import { BACKGROUND, type Background, Lifecycle } from './ops/lifecycle.js';
import { Log } from './ops/log.js';
import { Metrics } from './ops/metrics.js';
import { Threads } from './ops/threads.js';
import { ProjectorThread } from './projector/projector-thread.js';
import { PublisherThread } from './publisher/publisher-thread.js';
import { CustomerCache } from './queries/customer-cache.js';
import { queryHandlers } from './queries/index.js';
import { Erasures } from './reactions/erasure.js';
import { RebuilderThread } from './rebuilder/rebuilder-thread.js';
import { Reactions } from './reactions/reactions.js';
import { MembershipChanges } from './segments/membership-changes.js';
import { ReferralFlags } from './queries/referral-flags.js';
import { CustomerRows } from './queries/customer-rows.js';
import { CreditsWaiting } from './commands/credits-waiting.js';
import { CustomerNames } from './commands/customer-names.js';
import { Departures } from './commands/departures.js';
import { Memberships } from './segments/memberships.js';
import { Reasons } from './segments/reasons.js';
import { ValidationRules } from './validation-rules/validation-rules.js';
import { ValidationRulesController } from './http/validation-rules.controller.js';
import { Secrets } from './secrets.js';
import { FollowerParts } from './follower-parts.js';
import { Webhooks } from './webhooks/webhooks.js';
import { WebhooksThread } from './webhooks/webhooks-thread.js';

/** The parts that exist before the module is built. */
export interface ServiceParts {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly log: Log;
}

const API = [
  BulkController,
  AsyncActionsController,
  ExportsController,
  MetadataSchemasController,
  CustomersController,
  OrdersController,
  RedemptionsController,
  EventsController,
  ConsentsController,
  ClientController,
  HistoryController,
  AccessLogController,
  BundleController,
  FeedController,
  RebuildsController,
  SegmentsController,
  CustomerSegmentsController,
  ValidationRulesController,
  WebhooksController,
];

@Module({})
export class ServiceModule {
  static with({ config, secrets, log }: ServiceParts): DynamicModule {
    return {
      module: ServiceModule,
      imports: [ServicePartsModule.with({ config, secrets, log }), AdaptersModule, DomainModule, CqrsModule.forRoot()],
      controllers: [
        ...(config.has('api') ? API : []),
        ...(config.has('api') && config.COCKPIT_URL !== undefined ? [CockpitController] : []),
        ...(config.has('ingest') ? [FactsController] : []),
        OpsController,
      ],
      providers: [
        ...commandHandlers,
        ...queryHandlers,
        CustomerStreams,
        CustomerNames,
        CreditsWaiting,
        Departures,
        OrderNames,
        ConsentDefinitions,
        OrderImports,
        Idempotency,
        CustomerCache,
        CustomerRows,
        ReferralFlags,
        Ingest,
        FactsAhead,
        Reads,
        Writes,
        Accesses,
        Freshness,
        Health,
        Metrics,
        ApiDescription,
        Assets,
        {
          provide: CockpitTokens,
          inject: [Secrets],
          useFactory: ({ master_key }: Secrets) => new CockpitTokens(master_key),
        },
        FollowerParts,
        Erasures,
        Memberships,
        ValidationRules,
        Reasons,
        Feeds,
        ...background(config),
        Lifecycle,
      ],
    };
  }
}

/** The background work of an instance, by its roles. */
function background(config: Config): Provider[] {
  const hasBroker = config.KAFKA_BROKERS !== undefined;
  const tokens = [
    ...(config.has('api') ? [JobRunner] : []),
    ...(config.has('projector') ? [ProjectorThread, RebuilderThread, Reactions, MembershipChanges] : []),
    ...(config.has('publisher') && hasBroker ? [PublisherThread] : []),
    ...(config.has('publisher') ? [WebhooksThread] : []),
    ...(config.has('ingest') && hasBroker ? [FactsConsumer] : []),
  ];
  const running: Provider = { provide: BACKGROUND, inject: tokens, useFactory: (...all: Background[]) => all };
  return [
    Threads,
    ProjectorThread,
    RebuilderThread,
    Reactions,
    ...jobs,
    MembershipChanges,
    WebhooksThread,
    ...(hasBroker ? [broker, PublisherThread, FactsConsumer] : []),
    running,
  ];
}

/** Jobs, which continue after their request. */
const jobs: Provider[] = [
  CustomerUpdates,
  Exports,
  { provide: WORKS, inject: [CustomerUpdates, Exports], useFactory: (...works: Work[]) => works },
  JobRunner,
  Intake,
  Links,
  MetadataSchemas,
  Webhooks,
];

const broker: Provider = { provide: Broker, inject: [Config, Log], useFactory: openBroker };

@Global()
@Module({})
class ServicePartsModule {
  static with({ config, secrets, log }: ServiceParts): DynamicModule {
    const providers = [
      { provide: Config, useValue: config },
      { provide: Secrets, useValue: secrets },
      { provide: Log, useValue: log },
    ];
    return { module: ServicePartsModule, providers, exports: providers };
  }
}
