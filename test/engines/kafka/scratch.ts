import { randomUUID } from 'node:crypto';
import { ensureTopics, type KafkaClient, kafkaClient, type Log, type TopicNames } from '#messaging';
import { administer, send } from './topics.js';

export { eventually } from '../../support/wait.js';

const MADE: Scratch[] = [];

/** Topics of a test's own, and what a test does with them. */
export class Scratch {
  readonly said: string[] = [];
  readonly group = `group-${randomUUID()}`;
  readonly log: Log = {
    error: (fields, message) => void this.said.push(`${message} ${JSON.stringify(fields)}`),
    warn: (fields, message) => void this.said.push(`${message} ${JSON.stringify(fields)}`),
    info: () => undefined,
    debug: () => undefined,
  };

  private constructor(
    /** Without anything in between, whatever the client goes through. */
    readonly brokers: string,
    readonly client: KafkaClient,
    readonly topics: TopicNames,
  ) {}

  /** `through` is the address that the client uses: the brokers' own unless told otherwise. */
  static async make(brokers: string, { partitions = 3, through = brokers } = {}): Promise<Scratch> {
    const direct = kafkaClient({ brokers: [brokers], client_id: 'tests' }, SILENT);
    const topics = await ensureTopics(direct, { prefix: `test-${randomUUID()}`, partitions }, SILENT);
    const quick = { connection_timeout_ms: 1_000, request_timeout_ms: 2_000 };
    const client = kafkaClient({ brokers: [through], client_id: 'tests', ...quick }, SILENT);
    const scratch = new Scratch(brokers, client, topics);
    MADE.push(scratch);
    return scratch;
  }

  /** Removes the topics of all. */
  static async disposeAll(): Promise<void> {
    for (const { brokers, topics } of MADE.splice(0))
      await administer(brokers, (admin) =>
        admin.deleteTopics({ topics: Object.values(topics) }).catch(() => undefined),
      );
  }

  sendFacts(facts: readonly TestFact[]): Promise<void> {
    const headers = { 'content-type': 'application/cloudevents+json' };
    return send(
      this.brokers,
      this.topics.facts,
      facts.map((fact) => ({ key: fact.customer, value: eventOf(fact), headers })),
    );
  }

  /** Partition -> the next offset of the group. */
  async committed(): Promise<Map<number, number>> {
    const asked = { groupId: this.group, topics: [this.topics.facts] };
    const [topic] = await administer(this.brokers, (admin) => admin.fetchOffsets(asked));
    return new Map(topic?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
  }
}

const noOne = (): void => undefined;
const SILENT: Log = { error: noOne, warn: noOne, info: noOne, debug: noOne };

export interface TestFact {
  readonly id: string;
  readonly customer: string;
  /** Something that no reader takes. */
  readonly isBroken?: boolean;
}

/** So many facts for each of so many customers, one after the other. */
export const factsFor = (customers: number, each: number): TestFact[] =>
  Array.from({ length: each }, (_, n) =>
    Array.from({ length: customers }, (_none, c) => ({ id: `${c}-${n}`, customer: `customer-${c}` })),
  ).flat();

const eventOf = ({ id, customer, isBroken }: TestFact): string =>
  JSON.stringify({
    specversion: '1.0',
    id,
    source: '/shop',
    type: 'customer.custom_event',
    time: '2026-01-01T00:00:00Z',
    data: isBroken ? {} : { customer: { source_id: customer }, type: 'seen' },
  });
