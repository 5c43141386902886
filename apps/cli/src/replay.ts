import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { Command } from 'commander';
import { retry } from '#flow';
import { RecordSender, REQUEST_BYTES_MAX } from '#messaging';
import { Complaint } from './complaint.js';
import { type BrokerOptions, brokerOptions, clientOf, QUIET } from './kafka.js';
import { type AddressOptions, addressed } from './address.js';
import { clientFor, type LedgerClient } from './ledger-client.js';
import { progressOf } from './progress.js';
import { eventsIn, type ServerSentEvent } from './server-sent-events.js';

export interface ReplayOptions extends AddressOptions, BrokerOptions {
  readonly to: string;
  readonly after: string;
}

export function replayCommand(): Command {
  return brokerOptions(
    addressed(
      new Command('replay')
        .description(
          'Write the whole history again, in order, as CloudEvents, to a file or a topic, without any other effect',
        )
        .requiredOption('--to <where>', 'a file, - for the terminal, or topic:<name>')
        .option('--after <position>', 'resume behind this position', '0'),
    ),
  )
    .addHelpText('after', EXAMPLES)
    .action((options: ReplayOptions) => replay(options, clientFor(options)));
}

const EXAMPLES = `
The id of each event is that of its first publication, so receivers can tell repetitions.

Examples:
  ledger replay --to history.ndjson
  ledger replay --to topic:analytics.customer-events --brokers localhost:9092`;

/** A CloudEvent in JSON, as in the feed. */
interface Published {
  readonly subject: string;
  readonly datacontenttype: string;
  readonly data: unknown;
  readonly [attribute: string]: unknown;
}

/** The destination of events. */
interface Target {
  /** Resolves when the events are durable. */
  write(events: readonly ReplayedEvent[]): Promise<void>;
  close(): Promise<void>;
}

interface ReplayedEvent {
  readonly event: Published;
  readonly text: string;
}

/** Small enough that a batch fits into one request, with the further messages of its last event. */
const BATCH_MAX = 80;

/** Ends at the head of the history at its start. Throws a Complaint that names the position to resume at. */
export async function replay(
  options: ReplayOptions,
  client: LedgerClient,
  out: NodeJS.WriteStream = process.stderr,
): Promise<void> {
  const { headers, body } = await client.open({
    path: ['feed', 'events'],
    query: { after: options.after, until: 'head' },
    accept: 'text/event-stream',
  });
  const target = targetOf(options);
  const head = Number(headers.get('x-ledger-position') ?? 0);
  const progress = progressOf('positions', head, Number(options.after), out);
  const delivery = new Delivery(target, options.after, (positions) => progress.advance(positions));
  try {
    for await (const event of eventsIn(body)) if (await delivery.take(event)) break;
    if (!delivery.isWhole) throw new Complaint('The feed ended early');
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    throw new Complaint(`${error.message}. Resume with --after ${delivery.reached}`);
  } finally {
    progress.stop();
    await target.close();
  }
  out.write(`Replayed everything up to position ${delivery.reached}\n`);
}

/** Delivers events in batches that end at a position to resume at. */
class Delivery {
  isWhole = false;
  private batch: ReplayedEvent[] = [];
  private bytes = 0;

  constructor(
    private readonly target: Target,
    /** Everything up to this position is durable. */
    public reached: string,
    private readonly advanced: (positions: number) => void,
  ) {}

  /** True after the last event. */
  async take({ type, id, data }: ServerSentEvent): Promise<boolean> {
    this.isWhole = type === 'end';
    if (!this.isWhole) this.batch.push({ event: JSON.parse(data) as Published, text: data });
    this.bytes += data.length;
    const isFull = this.batch.length >= BATCH_MAX || this.bytes > REQUEST_BYTES_MAX / 2;
    // only an event with an id is a position to resume at
    if (id !== undefined && (this.isWhole || isFull)) await this.flush(id);
    return this.isWhole;
  }

  private async flush(position: string): Promise<void> {
    await this.target.write(this.batch);
    this.advanced(Number(position) - Number(this.reached));
    this.reached = position;
    this.batch = [];
    this.bytes = 0;
  }
}

function targetOf(options: ReplayOptions): Target {
  const topic = /^topic:(.+)$/.exec(options.to)?.[1];
  if (topic !== undefined) return new TopicTarget(options, topic);
  return options.to === '-'
    ? new StreamTarget(process.stdout)
    : new StreamTarget(createWriteStream(options.to, { flags: options.after === '0' ? 'wx' : 'a' }));
}

/** Writes one event a line. */
class StreamTarget implements Target {
  private problem: Error | undefined;

  constructor(private readonly out: Writable) {
    out.once('error', (error) => (this.problem = error));
  }

  async write(events: readonly ReplayedEvent[]): Promise<void> {
    const isTaken = this.out.write(events.map(({ text }) => `${text}\n`).join(''));
    if (!isTaken) await once(this.out, 'drain').catch(() => undefined);
    if (this.problem) throw new Complaint(`The output cannot be written: ${this.problem.message}`);
  }

  async close(): Promise<void> {
    if (this.out === process.stdout) return;
    this.out.end();
    if (this.problem === undefined) await once(this.out, 'close');
  }
}

const ATTEMPTS = { attempts_max: 5, first_ms: 1_000, last_ms: 8_000 };

/** In the order of the history, keyed by customer; a batch with an unknown outcome is sent again as a whole. */
class TopicTarget implements Target {
  private readonly sender: RecordSender;

  constructor(options: BrokerOptions, topic: string) {
    this.sender = new RecordSender(clientOf(options), { topic, what: 'events' }, QUIET);
  }

  async write(events: readonly ReplayedEvent[]): Promise<void> {
    const records = events.map(({ event }) => recordOf(event));
    const attempt = async (): Promise<void> => {
      const sent = await Promise.allSettled(records.map((record) => this.sender.send(record)));
      const failed = sent.find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
    };
    await retry(attempt, ATTEMPTS).catch((error: unknown) => {
      throw new Complaint(`Kafka does not accept the events: ${String(error)}`);
    });
  }

  close(): Promise<void> {
    return this.sender.close();
  }
}

/** The binary mode of the Kafka binding of CloudEvents, as the service publishes it. */
function recordOf({ data, datacontenttype, ...attributes }: Published) {
  const headers = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce_${name}`, String(value)]));
  return {
    key: Buffer.from(attributes.subject),
    value: Buffer.from(JSON.stringify(data)),
    headers: { 'content-type': datacontenttype, ...headers },
  };
}
