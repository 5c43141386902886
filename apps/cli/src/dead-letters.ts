import { Command } from 'commander';
import { DeadLetters, type Letter, topicNames } from '#messaging';
import { type AddressOptions, addressed, addressOf } from './address.js';
import { Complaint } from './complaint.js';
import { type BrokerOptions as Brokers, brokerOptions, clientOf, QUIET } from './kafka.js';
import { factOfLetter } from './letter-fact.js';
import { FactsSender } from './facts-sender.js';
import { progressOf } from './progress.js';

interface BrokerOptions extends Brokers {
  readonly prefix: string;
}

const LIST_MAX = 50;
const SHOWN_BYTES_MAX = 10_000;

/** `ledger dlq ...`: what to do with facts that were put aside. */
export function deadLettersCommand(): Command {
  const list = command('list', 'What is put aside and not settled')
    .option('--limit <n>', 'show so many', String(LIST_MAX))
    .option('--json', 'one JSON object a line', false)
    .action(({ limit, json, ...broker }: BrokerOptions & { limit: string; json: boolean }) =>
      withLetters(broker, (letters) => listLetters(letters, Number(limit), json)),
    );
  const show = command('show', 'One letter, whole')
    .argument('<place>', 'partition/offset, as listed')
    .action((place: string, broker: BrokerOptions) => withLetters(broker, (letters) => showLetter(letters, place)));
  const retry = addressed(
    command('retry', 'Hand letters to the running service again; what it takes is settled'),
    'ingest',
  )
    .argument('[places...]', 'partition/offset, as listed')
    .option('--all', 'all of them, in order', false)
    .action((places: string[], { all, url, key, ...broker }: BrokerOptions & AddressOptions & { all: boolean }) => {
      const address = addressOf({ url, ...(key !== undefined && { key }) });
      const sender = new FactsSender(address, undefined, console.error);
      return withLetters(broker, (letters) => retryLetters(letters, { places, all }, sender));
    });
  const drop = command('drop', 'Settle letters without handing them over: their facts are given up')
    .argument('[places...]', 'partition/offset, as listed')
    .option('--all', 'all of them', false)
    .action((places: string[], { all, ...broker }: BrokerOptions & { all: boolean }) =>
      withLetters(broker, (letters) => dropLetters(letters, { places, all })),
    );
  return new Command('dlq')
    .description('Facts from Kafka that were put aside (dead letters)')
    .addCommand(list)
    .addCommand(show)
    .addCommand(retry)
    .addCommand(drop);
}

function command(name: string, description: string): Command {
  return brokerOptions(new Command(name).description(description)).option(
    '--prefix <prefix>',
    'of the topics (KAFKA_PREFIX)',
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

const placeOf = ({ partition, offset }: Letter): string => `${partition}/${offset}`;

async function listLetters(letters: DeadLetters, limit: number, isJson: boolean): Promise<void> {
  let count = 0;
  for await (const letter of letters.letters()) {
    if (++count <= limit) console.log(isJson ? JSON.stringify(summary(letter)) : line(letter));
  }
  if (!isJson) console.log(count === 0 ? 'Nothing is put aside' : `${count} put aside${count > limit ? `, ${limit} shown` : ''}`); // prettier-ignore
}

const summary = (letter: Letter) => ({
  place: placeOf(letter),
  first_failed_at: letter.first_failed_at,
  error: letter.error_class,
  message: letter.message,
  attempts: letter.attempts,
  original: `${letter.original.topic}/${letter.original.partition}/${letter.original.offset}`,
  key: letter.original.key?.toString() ?? null,
});

function line(letter: Letter): string {
  const { place, first_failed_at, error, message } = summary(letter);
  return [place.padEnd(10), first_failed_at, error.padEnd(20), message].join('  ');
}

async function showLetter(letters: DeadLetters, place: string): Promise<void> {
  const letter = await find(letters, place);
  const { headers, value } = letter.original;
  const texts = Object.entries(headers).map(([name, header]) => [name, String(header)]);
  const text = value?.toString() ?? null;
  const shown = letter.is_value_omitted ? '(too large to be put aside; it is still in the original topic)' : text?.slice(0, SHOWN_BYTES_MAX); // prettier-ignore
  console.log(
    JSON.stringify({ ...summary(letter), headers: Object.fromEntries(texts) as object, value: shown }, null, 2),
  );
}

async function find(letters: DeadLetters, place: string): Promise<Letter> {
  const [, partition, offset] = /^(\d+)\/(\d+)$/.exec(place) ?? [];
  if (partition === undefined || offset === undefined) throw new Complaint(`${place} is no partition/offset`);
  const letter = await letters.letter(Number(partition), offset);
  if (!letter) throw new Complaint(`${place} is not there, or settled already`);
  return letter;
}

interface Choice {
  readonly places: readonly string[];
  readonly all: boolean;
}

/** Those named, or all that are open now. */
async function chosen(letters: DeadLetters, { places, all }: Choice): Promise<Letter[]> {
  if (all === places.length > 0) throw new Complaint('Name letters by partition/offset, or --all');
  if (!all) return Promise.all(places.map((place) => find(letters, place)));
  const open: Letter[] = [];
  for await (const letter of letters.letters()) open.push(letter);
  return open;
}

/** One after the other, as they were sent. Throws a Complaint that names those that are refused again; they stay. */
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

/** Why a letter is refused again; undefined when it is taken. */
async function hand(letter: Letter, sender: FactsSender): Promise<string | undefined> {
  const fact = factOfLetter(letter);
  if (fact === undefined) return 'it is no CloudEvent in JSON';
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
