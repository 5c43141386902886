import type { Admin } from 'kafkajs';
import { inTime, within } from '#flow';
import { faultFields, type Log } from '../log.js';
import type { KafkaClient } from './client.js';

const ASK_MS_MAX = 10_000;

/** Reports now and then how many records of each partition the group has not committed. */
export class LagWatch {
  #admin: Admin | undefined;
  #timer: NodeJS.Timeout | undefined;
  #asking: Promise<void> | undefined;

  constructor(
    private readonly client: KafkaClient,
    private readonly of: { readonly topic: string; readonly group: string; readonly interval_ms: number },
    private readonly onLag: (partition: number, lag: number) => void,
    private readonly log: Log,
  ) {}

  start(): void {
    this.#timer = setInterval(() => {
      this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
    }, this.of.interval_ms);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#asking;
    await this.#disconnect();
  }

  async #ask(): Promise<void> {
    try {
      await within(ASK_MS_MAX, 'Asking for offsets', this.#report());
    } catch (error) {
      this.log.debug(faultFields(error), 'the lag is unknown');
      await this.#disconnect();
    }
  }

  async #report(): Promise<void> {
    if (this.#admin === undefined) {
      this.#admin = this.client.admin();
      await this.#admin.connect();
    }
    const { topic, group } = this.of;
    const ends = await this.#admin.fetchTopicOffsets(topic);
    const [committed] = await this.#admin.fetchOffsets({ groupId: group, topics: [topic] });
    for (const { partition, high, low } of ends) {
      const at = committed?.partitions.find((known) => known.partition === partition)?.offset ?? '-1';
      const from = at === '-1' ? low : at;
      this.onLag(partition, Math.max(0, Number(BigInt(high) - BigInt(from))));
    }
  }

  async #disconnect(): Promise<void> {
    const admin = this.#admin;
    this.#admin = undefined;
    if (admin) await inTime(ASK_MS_MAX, admin.disconnect()).catch(() => undefined);
  }
}
