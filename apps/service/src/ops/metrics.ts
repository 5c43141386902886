import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Metrics in Prometheus form at /metrics; docs/operations.md documents them. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  readonly requests = new Histogram({
    name: 'ledger_http_request_seconds',
    help: 'Time to answer, by route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [this.registry],
  });
  readonly facts = new Counter({
    name: 'ledger_facts_total',
    help: 'Facts received, by type and status',
    labelNames: ['type', 'status'],
    registers: [this.registry],
  });
  readonly projectedEvents = new Counter({
    name: 'ledger_projector_events_total',
    help: 'Events projected, by outcome: applied, unchanged, parked',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  readonly projectorLagEvents = this.gauge('ledger_projector_lag_events', 'Events appended but not projected yet');
  readonly projectorLagSeconds = this.gauge(
    'ledger_projector_lag_seconds',
    'Age of the oldest event not projected yet',
  );
  readonly projectorPosition = this.gauge(
    'ledger_projector_position',
    'Position up to which the read model is complete',
  );
  readonly parkedCustomers = this.gauge(
    'ledger_projector_parked_customers',
    'Customers whose events cannot be projected',
  );
  readonly reactionFailures = new Counter({
    name: 'ledger_reaction_failures_total',
    help: 'Failed attempts of reactions to events; each is retried',
    labelNames: ['reaction'],
    registers: [this.registry],
  });

  readonly feedLeftOut = this.counter(
    'ledger_feed_left_out_total',
    'Events that feeds left out because they cannot be read',
  );
  readonly feedClients = this.gauge('ledger_feed_clients', 'Clients that follow a feed over HTTP');
  readonly published = new Counter({
    name: 'ledger_published_total',
    help: 'Messages published over Kafka, by topic',
    labelNames: ['topic'],
    registers: [this.registry],
  });
  readonly publisherFailures = this.counter(
    'ledger_publisher_failures_total',
    'Failed attempts to publish; each is retried',
  );
  readonly publisherLagSeconds = this.gauge('ledger_publisher_lag_seconds', 'Age of the last published event');
  readonly publisherShards = this.gauge('ledger_publisher_shards', 'Shards that this instance publishes');
  readonly consumerLag = new Gauge({
    name: 'ledger_consumer_lag',
    help: 'Facts in a partition that are not handled yet',
    labelNames: ['partition'],
    registers: [this.registry],
  });
  readonly consumerRebuilds = this.counter('ledger_consumer_rebuilds_total', 'Kafka consumers recreated after a crash');
  readonly consumedFacts = new Histogram({
    name: 'ledger_consumer_fact_seconds',
    help: 'Time to handle a fact from Kafka, by outcome',
    labelNames: ['outcome'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
    registers: [this.registry],
  });
  readonly projectorShards = this.gauge('ledger_projector_shards', 'Shards that this instance projects');

  readonly auditedCustomers = this.counter(
    'ledger_audited_customers_total',
    'Customers that the audit folded again and compared',
  );
  readonly auditMismatches = this.counter(
    'ledger_audit_mismatches_total',
    'Customers whose rows differed from their events',
  );

  readonly segmentFlips = this.counter('ledger_segment_flips_total', 'Customers who entered or left a segment');
  readonly webhookDeliveries = new Counter({
    name: 'ledger_webhook_deliveries_total',
    help: 'Attempts to deliver to webhooks, by outcome: delivered, retried, failed, discarded',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  readonly webhooksDisabled = this.counter('ledger_webhooks_disabled_total', 'Webhooks that the service stopped');
  readonly webhookFailures = this.counter(
    'ledger_webhook_failures_total',
    'Failures of the webhooks thread itself; each is retried',
  );

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  private counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.registry] });
  }

  private gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.registry] });
  }
}
