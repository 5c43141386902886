import { randomBytes } from 'node:crypto';
import kafkajs from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { scratchDatabase } from '../engines/database.js';
import { clientOf } from '../engines/kafka/topics.js';
import { KEYS, Service } from '../support/service.js';
import { report } from './measure.js';

/** The engines below the service for these figures. */
export interface Engines {
  readonly brokers: string;
  readonly server: string;
  /** Undefined: the embedded event store. */
  readonly event_store?: string;
  /** Default: all. */
  readonly roles?: string;
}

const CUSTOMERS = 5_000;
const PARTITIONS = 12;
const SECONDS = 20;
const BACKLOG = 60_000;
/** One in so many of the paced facts is watched until it can be read. */
const WATCHED = 25;
/** Measuring begins when the load is steady. */
const UNWATCHED_MS = 3_000;
const TICK_MS = 10;
/** Looking costs the service time: the figures are at most this much too high. */
const LOOK_MS = 20;
const VISIBLE_MS_MAX = 30_000;

/** Facts over Kafka until they can be read over HTTP: latency at a steady rate, and the rate at which a backlog goes away. */
export async function enginesBench(name: string, engines: Engines): Promise<void> {
  const database = await scratchDatabase(engines.server);
  const prefix = `bench-${randomBytes(4).toString('hex')}`;
  const env = {
    DATABASE_URL: database.url,
    KAFKA_BROKERS: engines.brokers,
    KAFKA_PREFIX: prefix,
    KAFKA_PARTITIONS: String(PARTITIONS),
    READ_CONSISTENCY: 'own',
    LEDGER_MASTER_KEY: randomBytes(32).toString('base64'),
    ...(engines.roles !== undefined && { ROLES: engines.roles }),
    ...(engines.event_store !== undefined && { EVENT_STORE_URL: engines.event_store }),
  };
  const service = await Service.start({ env });
  const producer = clientOf(engines.brokers).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  const send = (facts: readonly Message[]): Promise<unknown> =>
    producer.send({ topic: `${prefix}.facts`, acks: -1, messages: [...facts] });
  try {
    await drain(service, send, 10_000, 'warm');
    const rate = await drain(service, send, BACKLOG, 'backlog');
    report(
      `${name}: facts over Kafka, a backlog of ${BACKLOG.toLocaleString('en')} until read`,
      `${Math.round(rate)} facts/s`,
    );
    await quiet(service);
    await latencyAt(1_000, name, service, send);
    await quiet(service);
    await latencyAt(Math.floor((rate * 0.7) / 100) * 100, name, service, send);
  } finally {
    await producer.disconnect();
    await service.discard();
    await database.drop();
  }
}

/** Waits until everything is published as well. */
async function quiet(service: Service): Promise<void> {
  const published = async (): Promise<string | undefined> =>
    /ledger_published_total\{topic="events"\} (\d+)/.exec(
      (await service.call('GET', '/metrics', { key: KEYS.read })).text,
    )?.[1];
  for (let before = await published(); ;) {
    await sleep(1_500);
    const now = await published();
    if (now === before) return;
    before = now;
  }
}

interface Message {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}
type Send = (facts: readonly Message[]) => Promise<unknown>;

let made = 0;

function order(source_id: string): Message {
  const id = `bench-${made++}`;
  const value = JSON.stringify({ id: `order-${id}`, amount: 1_234, customer: { source_id } });
  const time = new Date().toISOString();
  return {
    key: source_id,
    value,
    headers: {
      ce_specversion: '1.0',
      ce_id: id,
      ce_source: '/bench',
      ce_type: 'order.paid',
      ce_time: time,
      'content-type': 'application/json',
    },
  };
}

const someone = (): string => `customer-${Math.floor(Math.random() * CUSTOMERS)}`;

/** Sends as fast as the broker takes it; the last facts are of new customers, one a partition or more, who are waited for. */
async function drain(service: Service, send: Send, count: number, name: string): Promise<number> {
  const started_ms = performance.now();
  const last = Array.from({ length: PARTITIONS * 8 }, (_, n) => `${name}-${made}-${n}`);
  for (let sent = 0; sent < count; sent += 1_000) await send(Array.from({ length: 1_000 }, () => order(someone())));
  await send(last.map(order));
  for (const source_id of last) await visible(service, source_id, 300_000);
  return ((count + last.length) * 1_000) / (performance.now() - started_ms);
}

async function latencyAt(rate: number, name: string, service: Service, send: Send): Promise<void> {
  const latencies: number[] = [];
  const watching: Promise<void>[] = [];
  const sending = new Set<Promise<unknown>>();
  const started_ms = performance.now();
  let sent = 0;
  for (let passed = 0; passed < SECONDS * 1_000; passed = performance.now() - started_ms) {
    const due = Math.floor((passed * rate) / 1_000) - sent;
    const watched: string[] = [];
    const isSteady = passed > UNWATCHED_MS;
    const facts = Array.from({ length: due }, () => {
      if (++sent % WATCHED > 0 || !isSteady) return order(someone());
      watched.push(`watched-${name}-${made}`);
      return order(watched.at(-1) ?? '');
    });
    const sent_ms = performance.now();
    if (facts.length > 0) {
      const one = send(facts).finally(() => sending.delete(one));
      sending.add(one);
    }
    for (const source_id of watched)
      watching.push(
        visible(service, source_id, VISIBLE_MS_MAX).then(() => void latencies.push(performance.now() - sent_ms)),
      );
    await sleep(TICK_MS);
  }
  await Promise.all([...sending, ...watching]);
  latencies.sort((one, other) => one - other);
  const at = (part: number): string => `${Math.round(latencies[Math.floor(latencies.length * part)] ?? NaN)} ms`;
  report(
    `${name}: Kafka in to visible in GET at ${rate.toLocaleString('en')} facts/s`,
    `p50 ${at(0.5)}`,
    `p99 ${at(0.99)}, ${latencies.length} watched`,
  );
}

async function visible(service: Service, source_id: string, ms_max: number): Promise<void> {
  const end_ms = performance.now() + ms_max;
  const headers = { 'x-app-id': KEYS.read.app_id, 'x-app-token': KEYS.read.token };
  while (performance.now() < end_ms) {
    const answer = await fetch(`${service.url}/v1/customers/${source_id}`, { headers });
    await answer.arrayBuffer();
    if (answer.status === 200) return;
    await sleep(LOOK_MS);
  }
  throw new Error(`${source_id} cannot be read after ${ms_max} ms`);
}
