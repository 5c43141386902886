import { beforeAll, describe, expect, test } from '@jest/globals';
import type { CommandBus } from '@nestjs/cqrs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { ACTIVITY_TYPES } from '#activity';
import { History } from '#audit';
import { ContractError, type Fact, parseFact, type UnreadableFact } from '#contract';
import { creditReferral, customer, type CustomerEvent, type CustomerState, recordMemberships } from '#customer';
import { Repository, Decoder, Keyring, MemoryEventStore, MemoryKeyStore, type RecordedEvent } from '#event-store';
import type { Outgoing } from '#messaging';
import { customerCodec } from '../codec.js';
import { ChangeConsents } from '../commands/consent.js';
import { CreditsWaiting } from '../commands/credits-waiting.js';
import { ALIASES, AliasClaims, CustomerNames, SOURCE_IDS, SourceIdClaims } from '../commands/customer-names.js';
import { CustomerStreams } from '../commands/customer-streams.js';
import { Departures } from '../commands/departures.js';
import { DeleteCustomer, EraseCustomer } from '../commands/erasure.js';
import { commandHandlers } from '../commands/index.js';
import { loadConfig } from '../config.js';
import { FactDigests } from '../ingest/fact-digests.js';
import { FactsAhead } from '../ingest/facts-ahead.js';
import { Ingest } from '../ingest/ingest.js';
import { Metrics } from '../ops/metrics.js';
import { outgoing } from '../publisher/outgoing.js';
import { asyncApi } from './asyncapi.js';
import { someFacts } from './facts.fixture.js';
import { Feed } from './feed.js';

const NOW = '2026-03-09T10:00:00.000Z';
const context = { actor: { channel: 'API', key: 'shop' }, correlation_id: 'request-1' } as const;
const document = asyncApi();

const ajv = new Ajv2020({ strict: false, formats: { date: true, 'date-time': /^\d{4}-\d\d-\d\dT[\d:.]+Z$/ } });
ajv.addSchema(document, 'api');
const validators = new Map<string, { headers: ValidateFunction; payload: ValidateFunction }>();
for (const name of Object.keys(document.components.messages)) {
  const part = (of: string) => ajv.compile({ $ref: `api#/components/messages/${name}/${of}` });
  if (name in ACTIVITY_TYPES || name.startsWith('customer.'))
    validators.set(name, { headers: part('headers'), payload: part('payload') });
}

/** The problems of a message; empty for a valid one. */
function problems({ headers, value, key }: Outgoing): unknown[] {
  const type = headers['ce_type'] ?? '';
  const validator = validators.get(type);
  if (!validator || headers['ce_subject'] !== key) return [`unknown: ${type}`];
  const check = (valid: ValidateFunction, of: unknown): unknown[] =>
    valid(of) ? [] : [{ type, errors: valid.errors, of }];
  return [...check(validator.headers, headers), ...check(validator.payload, JSON.parse(value ?? 'null'))];
}

/** The real write side, in memory. */
function world() {
  const store = new MemoryEventStore();
  const keys = new MemoryKeyStore();
  const keyring = new Keyring(keys);
  const now = () => NOW;
  const repository = new Repository<CustomerState, CustomerEvent>(store, customerCodec, keyring, customer, {
    now,
    weigh: () => 1,
    cache_weight_max: 1_000,
    isSoleWriter: true,
  });
  const config = loadConfig({});
  const parts = keys.index().then((index) => {
    const sources = new SourceIdClaims(store, SOURCE_IDS, index, now, keyring);
    const aliases = new AliasClaims(store, ALIASES, index, now, keyring);
    const names = new CustomerNames(repository, sources, aliases, keyring, config);
    return { names, streams: new CustomerStreams(repository, names, keyring) };
  });
  const execute = async (command: object): Promise<unknown> => {
    const Handler = commandHandlers.find(({ name }) => name === `${command.constructor.name}Handler`) as
      (new (...given: object[]) => { execute: (one: object) => Promise<unknown> }) | undefined;
    const { streams, names } = await parts;
    const history = new History(store, new Decoder(customerCodec, keyring));
    const credits = new CreditsWaiting(streams, names, history);
    const isGoing = command instanceof DeleteCustomer || command instanceof EraseCustomer;
    // no consent is defined here, so none has a wording
    const definitions = { wordings: () => Promise.resolve({}) };
    const others = isGoing
      ? [new Departures(streams, names, credits, history)]
      : command instanceof ChangeConsents
        ? [definitions]
        : [names, credits];
    return Handler && new Handler(streams, ...others).execute(command);
  };
  const metrics = new Metrics();
  const ahead = new FactsAhead(config, { now });
  const digests = new FactDigests(Buffer.alloc(32));
  const ingest = new Ingest({ execute } as unknown as CommandBus, config, metrics, ahead, digests);
  const log = { error: (...said: unknown[]) => left.push(said) };
  const left: unknown[] = [];
  const feed = new Feed({ store, decoder: new Decoder(customerCodec, keyring), log } as never, 1_000, () =>
    left.push('left out'),
  );
  const streams = parts.then((all) => all.streams);
  return { store, ingest, execute, streams, feed, left };
}

/** The messages after these facts, and after events that only requests and reactions cause. */
async function published(facts: readonly object[], isErasedFirst: boolean): Promise<Outgoing[]> {
  const { store, ingest, execute, streams, feed, left } = world();
  const sender = { app_id: 'shop', request_id: 'request-1' };
  for (const fact of facts) {
    const parsed: Fact | UnreadableFact = parseFact(fact);
    if ('error' in parsed) throw parsed.error;
    const result = await ingest.takeOne(parsed, sender);
    if (result.status === 'rejected') expect(result.error).toBeInstanceOf(Object);
  }
  await execute(new ChangeConsents({ existing: 's1' }, { consents: { news: false, mail: true } }, NOW, context));
  await (
    await streams
  ).decide(
    { customer: { id: 'cust_referrer' }, input: { campaign: { id: 'c' }, referee_id: 'r' }, at: NOW, context },
    creditReferral,
  );
  for (const is_member of [true, false])
    await (
      await streams
    ).decide(
      {
        customer: { existing: 's1' },
        input: [{ segment: { id: 'seg_1', name: 'Regulars' }, is_member, at: NOW }],
        at: NOW,
        context,
      },
      recordMemberships,
    );
  const erase = () => execute(new EraseCustomer({ existing: 's1' }, undefined, NOW, context));
  const remove = () => execute(new DeleteCustomer({ existing: 's2' }, undefined, NOW, context));
  const tell = async (after: bigint): Promise<Outgoing[]> => {
    const events: RecordedEvent[] = [];
    for await (const event of store.readAll(after)) if (event.stream.startsWith('customer-')) events.push(event);
    const cuts = Array.from({ length: Math.ceil(events.length / 7) }, (_, index) =>
      events.slice(index * 7, index * 7 + 7),
    );
    const told = [];
    for (const some of cuts) told.push(...outgoing(await feed.describe(some)));
    return told;
  };
  if (isErasedFirst) await erase();
  const before = await tell(0n);
  const head = await store.head();
  await remove();
  if (!isErasedFirst) await erase();
  const all = [...before, ...(await tell(head))];
  expect(left).toEqual([]);
  return all;
}

describe('messages of random histories', () => {
  const samples = new Map<string, Outgoing>();
  const types = [...Object.keys(ACTIVITY_TYPES), 'customer.snapshot', 'customer.tombstone'].sort();

  beforeAll(async () => {
    await fc.assert(
      fc.asyncProperty(someFacts, fc.boolean(), async (facts, isErasedFirst) => {
        for (const message of await published(facts, isErasedFirst)) {
          expect(problems(message)).toEqual([]);
          samples.set(message.headers['ce_type'] ?? '', message);
        }
      }),
      { numRuns: 30, seed: 3 },
    );
  });

  test('every type occurs', () => {
    expect([...samples.keys()].sort()).toEqual(types);
  });

  test.each(types)('the schema of %s finds a stray or missing field', (type) => {
    const sample = samples.get(type);
    if (!sample) throw new ContractError('not_found', type);
    const { ce_id: _, ...headers } = sample.headers;
    expect(problems({ ...sample, headers })).not.toEqual([]);
    expect(problems({ ...sample, headers: { ...sample.headers, ce_stray: 'x' } })).not.toEqual([]);
    const value = JSON.parse(sample.value ?? '{}') as Record<string, unknown>;
    expect(problems({ ...sample, value: JSON.stringify({ ...value, stray: 1 }) })).not.toEqual([]);
    for (const name of ['customer', 'group_id', 'event_source', 'id', 'summary'].filter((one) => one in value)) {
      const { [name]: __, ...rest } = value;
      expect(problems({ ...sample, value: JSON.stringify(rest) })).not.toEqual([]);
    }
  });
});
