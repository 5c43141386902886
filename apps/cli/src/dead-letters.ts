import { Command } from 'commander';
import { type DeadLetter, DeadLetters, topicNames } from '#messaging';
import { type AddressOptions, addressed, addressOf } from './address.js';
import { Complaint } from './complaint.js';
import { type BrokerOptions as Brokers, brokerOptions, clientOf, QUIET } from './kafka.js';
import { factOfDeadLetter } from './dead-letter-fact.js';
import { FactsSender } from './facts-sender.js';
import { progressOf } from './progress.js';

interface BrokerOptions extends Brokers {
  readonly prefix: string;
}

const LIST_MAX = 50;
const SHOWN_BYTES_MAX = 10_000;

/** `ledger dlq ...`: inspects and settles dead letters. */
export function deadLettersCommand(): Command {
  const list = command('list', 'List the dead letters that are not settled')
    .option('--limit <n>', 'show at most this many', String(LIST_MAX))
    .option('--json', 'print one JSON object a line', false)
    .action(({ limit, json, ...broker }: BrokerOptions & { limit: string; json: boolean }) =>
      withLetters(broker, (letters) => listLetters(letters, Number(limit), json)),
    );
  const show = command('show', 'Show one dead letter in full')
    .argument('<place>', 'partition/offset, as listed')
    .action((place: string, broker: BrokerOptions) => withLetters(broker, (letters) => showLetter(letters, place)));
  const retry = addressed(
    command('retry', 'Send dead letters to the running service again, and settle those that it accepts'),
    'ingest',
  )
    .argument('[places...]', 'partition/offset, as listed')
    .option('--all', 'all dead letters, in order', false)
    .action((places: string[], { all, url, key, ...broker }: BrokerOptions & AddressOptions & { all: boolean }) => {
      const address = addressOf({ url, ...(key !== undefined && { key }) });
      const sender = new FactsSender(address, undefined, console.error);
      return withLetters(broker, (letters) => retryLetters(letters, { places, all }, sender));
    });
  const drop = command('drop', 'Settle dead letters without sending them: their facts are dropped')
    .argument('[places...]', 'partition/offset, as listed')
    .option('--all', 'all dead letters', false)
    .action((places: string[], { all, ...broker }: BrokerOptions & { all: boolean }) =>
      withLetters(broker, (letters) => dropLetters(letters, { places, all })),
    );
  return new Command('dlq')
    .description('Inspect, retry and drop dead letters: facts from Kafka that were refused')
    .addCommand(list)
    .addCommand(show)
    .addCommand(retry)
    .addCommand(drop);
}

function command(name: string, description: string): Command {
  return brokerOptions(new Command(name).description(description)).option(
    '--prefix <prefix>',
    'prefix of the topics (KAFKA_PREFIX)',
    process.env['KAFKA_PREFIX'] ?? 'ledger',
  );
}

async function withLetters(options: BrokerOptions, use: (letters: DeadLetters) => Promise<void>): Promise<void> {
  const { prefix } = options;
  const letters = await open({
    client: clientOf(options),
    dlq_topic: topicNames(prefix).dead_letters,
    group: `${prefix}.dlq-cli`,
  });
  try {
    await use(letters);
  } finally {
    await letters.close();
  }
}

async function open(options: Parameters<typeof DeadLetters.open>[0]): Promise<DeadLetters> {
  try {
    return await DeadLetters.open(options, QUIET);
  } catch (error) {
    throw new Complaint(`Kafka cannot be reached: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const placeOf = ({ partition, offset }: DeadLetter): string => `${partition}/${offset}`;

async function listLetters(letters: DeadLetters, limit: number, isJson: boolean): Promise<void> {
  let count = 0;
  for await (const letter of letters.list()) {
    if (++count <= limit) console.log(isJson ? JSON.stringify(summary(letter)) : line(letter));
  }
  if (!isJson)
    console.log(count === 0 ? 'No dead letters' : `${count} dead letters${count > limit ? `, ${limit} shown` : ''}`);
}

const summary = (letter: DeadLetter) => ({
  place: placeOf(letter),
  first_failed_at: letter.first_failed_at,
  error: letter.error_class,
  message: letter.message,
  attempts: letter.attempts,
  original: `${letter.original.topic}/${letter.original.partition}/${letter.original.offset}`,
  key: letter.original.key?.toString() ?? null,
});

function line(letter: DeadLetter): string {
  const { place, first_failed_at, error, message } = summary(letter);
  return [place.padEnd(10), first_failed_at, error.padEnd(20), message].join('  ');
}

async function showLetter(letters: DeadLetters, place: string): Promise<void> {
  const letter = await find(letters, place);
  const { headers, value } = letter.original;
  const texts = Object.entries(headers).map(([name, header]) => [name, String(header)]);
  const text = value?.toString() ?? null;
  const shown = letter.is_value_omitted
    ? '(too large for the dead letter topic; the original topic still has it)'
    : text?.slice(0, SHOWN_BYTES_MAX);
  console.log(
    JSON.stringify({ ...summary(letter), headers: Object.fromEntries(texts) as object, value: shown }, null, 2),
  );
}

async function find(letters: DeadLetters, place: string): Promise<DeadLetter> {
  const [, partition, offset] = /^(\d+)\/(\d+)$/.exec(place) ?? [];
  if (partition === undefined || offset === undefined) throw new Complaint(`${place} is not a partition/offset`);
  const letter = await letters.find(Number(partition), offset);
  if (!letter) throw new Complaint(`${place} is not a dead letter, or is settled already`);
  return letter;
}

interface Choice {
  readonly places: readonly string[];
  readonly all: boolean;
}

/** The named dead letters, or all open ones. */
async function chosen(letters: DeadLetters, { places, all }: Choice): Promise<DeadLetter[]> {
  if (all === places.length > 0) throw new Complaint('Name dead letters by partition/offset, or use --all');
  if (!all) return Promise.all(places.map((place) => find(letters, place)));
  const open: DeadLetter[] = [];
  for await (const letter of letters.list()) open.push(letter);
  return open;
}

/** Sends them one by one, in order. Throws a Complaint that names those that are refused again; they stay open. */
async function retryLetters(letters: DeadLetters, choice: Choice, sender: FactsSender): Promise<void> {
  const open = await chosen(letters, choice);
  const progress = progressOf('letters', open.length);
  const refused: string[] = [];
  try {
    for (const letter of open) {
      const why = await hand(letter, sender);
      if (why === undefined) await letters.settle(letter, 'retried');
      else refused.push(`${placeOf(letter)}: ${why}`);
      progress.advance(1);
    }
  } finally {
    progress.stop();
  }
  console.log(`${open.length - refused.length} settled, ${refused.length} refused again`);
  if (refused.length > 0) throw new Complaint(refused.slice(0, LIST_MAX).join('\n'));
}

/** The reason why a dead letter is refused again; undefined when it is accepted. */
async function hand(letter: DeadLetter, sender: FactsSender): Promise<string | undefined> {
  const fact = factOfDeadLetter(letter);
  if (fact === undefined) return 'it is not a CloudEvent in JSON';
  const { rejected } = await sender.send([fact]);
  return rejected[0]?.reason;
}

async function dropLetters(letters: DeadLetters, choice: Choice): Promise<void> {
  const open = await chosen(letters, choice);
  const progress = progressOf('letters', open.length);
  for (const letter of open) {
    await letters.settle(letter, 'dropped');
    progress.advance(1);
  }
  progress.stop();
  console.log(`${open.length} dropped`);
}
