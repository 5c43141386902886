import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { customerStream, nine, personal } from '#customer';
import {
  chainHash,
  envelopeOf,
  GENESIS,
  type JsonObject,
  keyIdOf,
  MemoryEventStore,
  type RecordedEvent,
} from '#event-store';
import { type Bundle, bundleJson, ErasedMeanwhile, openBundle } from './bundle.js';
import { type BundleVerdict, verifyBundle } from './bundle-verify.js';
import { aTelling, Ledger, ledgerOf } from './history.double.js';
import { provenanceOf } from '../../customer/src/history.fixture.js';
import { timelinePage } from './timeline.js';
import { runs } from '../../customer/src/runs.fixture.js';

const ID = 'cust_x';
const AT = '2026-02-01T00:00:00.000Z';

const opened = async (ledger: Pick<Ledger, 'store' | 'keyring'>, with_key = false): Promise<Bundle> => {
  const source = { store: ledger.store, keys: ledger.keyring };
  const bundle = await openBundle(source, { customer_id: ID, made_at: AT, with_key });
  if (!bundle) throw new Error('there are no events');
  return bundle;
};

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

/** Parsed, so that a test can alter it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Machine = any;
const machineOf = async (bundle: Bundle): Promise<Machine> => JSON.parse(await textOf(bundleJson(bundle)));
const check = (machine: Machine): Promise<BundleVerdict> => verifyBundle(Buffer.from(JSON.stringify(machine)));

/** The verdict, also for a file that cannot be parsed. */
async function found(machine: Machine): Promise<{ valid: boolean; revisions: (number | undefined)[] }> {
  try {
    const { valid, problems } = await check(machine);
    return { valid, revisions: problems.map(({ revision }) => revision) };
  } catch {
    return { valid: false, revisions: [] };
  }
}

/** Records the departure of the customer; the key stays until a test destroys it. */
const leaves = (ledger: Ledger, rule: 'deleteCustomer' | 'eraseCustomer'): Promise<void> =>
  ledger.tell(ID, { rule: rule as never, input: {}, at: AT }, 1);

async function destroyKey(ledger: Ledger): Promise<void> {
  for await (const event of ledger.store.read(customerStream(ID))) {
    const key = keyIdOf(event);
    if (key !== undefined) await ledger.keyring.destroy(key);
  }
}

const isSealed = ({ data }: Machine): boolean => 'sealed' in data;

describe('random histories', () => {
  test('make bundles that verify, with and without the key, as a page and as JSON', async () => {
    const personals = new Set<string>();
    await fc.assert(
      fc.asyncProperty(aTelling, fc.boolean(), async (telling, with_key) => {
        const ledger = await ledgerOf(ID, telling);
        const bundle = await opened(ledger, with_key);
        const machine = await machineOf(bundle);
        const verdict = await check(machine);
        const sealed = machine.events.some(isSealed);
        const { state, last } = await ledger.history.standing(ID, { revision: 1e9 });
        expect(verdict).toEqual({
          valid: true,
          customer_id: ID,
          events: ledger.events.length,
          head: { revision: last?.recorded.revision, hash: last?.envelope.hash },
          personal: !sealed ? 'none' : with_key ? 'proven' : 'told',
          page: 'none',
          problems: [],
        });
        expect(machine.status).toBe(state.status);
        const page = await textOf(timelinePage(bundle));
        expect(await verifyBundle(Buffer.from(page))).toEqual({ ...verdict, page: 'same' });
        personals.add(verdict.personal);
      }),
      { numRuns: runs(50, 200) },
    );
    expect([...personals]).toEqual(expect.arrayContaining(['proven', 'told']));
  });

  test('fail to verify after any single change', async () => {
    const caught = new Map<string, number>();
    const telling = aTelling.filter((history) => history.length > 3);
    await fc.assert(
      fc.asyncProperty(telling, fc.boolean(), fc.nat(), async (history, with_key, seed) => {
        const ledger = await ledgerOf(ID, history);
        const original = await machineOf(await opened(ledger, with_key));
        for (const [name, change] of Object.entries(changes)) {
          const machine = structuredClone(original);
          const index = seed % machine.events.length;
          const before = JSON.stringify(machine);
          const at = change(machine, index);
          if (JSON.stringify(machine) === before) continue;
          const { valid, revisions } = await found(machine);
          expect([name, valid]).toEqual([name, false]);
          if (at !== undefined) expect(revisions).toContain(at);
          caught.set(name, (caught.get(name) ?? 0) + 1);
        }
      }),
      { numRuns: runs(40, 150) },
    );
    expect([...caught.keys()].sort()).toEqual(Object.keys(changes).sort());
  });
});

/** Alterations; each returns the revision that the verdict must name. */
const changes: Readonly<Record<string, (machine: Machine, index: number) => number | undefined>> = {
  'data of an event': (machine, index) => {
    machine.events[index].data.id = 'ord_other';
    return index;
  },
  'a sealed blob': ({ events }, index) => {
    const { sealed } = events[index].data;
    if (sealed === undefined) return undefined;
    sealed.blob = `A${sealed.blob.slice(1)}` === sealed.blob ? `B${sealed.blob.slice(1)}` : `A${sealed.blob.slice(1)}`;
    return index;
  },
  'the time of an event': ({ events }, index) => {
    events[index].metadata.occurred_at = '2024-05-09T00:00:00.000Z';
    return index;
  },
  'the actor of an event': ({ events }, index) => {
    events[index].metadata.actor_channel = 'OTHER';
    return index;
  },
  'the hash of an event': ({ events }, index) => {
    events[index].metadata.hash = '0'.repeat(64);
    return index;
  },
  'the id of an event': ({ events }, index) => {
    events[index].id = 'another';
    return index;
  },
  'the type of an event': ({ events }, index) => {
    events[index].type = events[index].type === 'OrderChanged' ? 'OrderPlaced' : 'OrderChanged';
    return index;
  },
  'an event left out': ({ events }, index) => {
    events.splice(index, 1);
    return index;
  },
  'an event twice': ({ events }, index) => {
    events.splice(index, 0, events[index]);
    return index + 1;
  },
  'two events swapped': ({ events }, index) => {
    const first = Math.min(index, events.length - 2);
    events.splice(first, 2, events[first + 1], events[first]);
    return first;
  },
  'an event of another stream': ({ events }, index) => {
    events[index].stream = 'customer-other';
    return index;
  },
  'the last event left out': ({ events }) => {
    events.pop();
    return events.length;
  },
  'a position': ({ events }, index) => {
    if (index > 0) events[index].position = '0';
    return index;
  },
  'the readable form of what is not sealed': ({ events }, index) => {
    events[index].opened.injected = 1;
    return index;
  },
  'the readable form of what is sealed, with the key': ({ events, keys }, index) => {
    if (keys === undefined || !isSealed(events[index])) return undefined;
    const [field] = (personal[events[index].type] ?? []).filter((name) => name in events[index].opened);
    events[index].opened[field!] = 'other name';
    return index;
  },
  'the name in the readable form, without the key': (machine) => {
    // the document contains it
    const last = machine.events.findLast(({ opened }: Machine) => typeof opened.name === 'string');
    if (last && machine.document.name === last.opened.name && !machine.keys) machine.document.name = 'Mallory';
    return undefined;
  },
  'a false mark of erasure': ({ events }, index) => {
    events[index].erased = true;
    return undefined;
  },
  'the key': ({ keys }) => {
    for (const id of Object.keys(keys ?? {})) keys[id] = Buffer.alloc(32, 1).toString('base64');
    return undefined;
  },
  'a figure of the document': ({ document }) => {
    document.summary.orders.total_amount += 1;
    return undefined;
  },
  'the document': (machine) => {
    machine.document = null;
    return undefined;
  },
  'the status': (machine) => {
    machine.status = 'deleted';
    return undefined;
  },
  'the hash of the head': ({ head }) => {
    head.hash = 'f'.repeat(64);
    return head.revision;
  },
  'the revision of the head': ({ head }) => {
    head.revision += 1;
    return head.revision;
  },
  'an earlier head': ({ head, events }, index) => {
    if (index === events.length - 1) return undefined;
    head.revision = index;
    head.hash = events[index].metadata.hash;
    return index + 1;
  },
  'the customer': (machine) => {
    machine.customer_id = 'cust_y';
    return 0;
  },
  'the version': (machine) => {
    machine.version = 1;
    return undefined;
  },
};

describe('a customer who is gone', () => {
  const secret = 'Zebulon';
  const known = async (): Promise<Ledger> => {
    const ledger = new Ledger();
    await ledger.tell(ID, { rule: 'profile', input: { created: true, name: secret }, at: AT }, 1);
    return ledger;
  };

  test('when deleted has a history and no document', async () => {
    const ledger = await known();
    await leaves(ledger, 'deleteCustomer');
    const machine = await machineOf(await opened(ledger));
    expect(machine).toMatchObject({ status: 'deleted', document: null, events: [{ opened: { name: secret } }, {}] });
    expect(await check(machine)).toMatchObject({ valid: true, personal: 'told' });
  });

  test.each([true, false])(
    'when erased leaves no personal data in the bundle, with and without the key (%s)',
    async (isKeyGone) => {
      const ledger = await known();
      await leaves(ledger, 'eraseCustomer');
      if (isKeyGone) await destroyKey(ledger);
      const bundle = await opened(ledger, true);
      const [json, page] = [await textOf(bundleJson(bundle)), await textOf(timelinePage(bundle))];
      for (const text of [json, page]) expect(text).not.toContain(secret);
      expect(JSON.parse(json)).toMatchObject({ status: 'erased', document: null, events: [{ erased: true }, {}] });
      expect(json).not.toContain('"keys"');
      expect(await verifyBundle(Buffer.from(page))).toMatchObject({ valid: true, personal: 'erased', page: 'same' });
    },
  );

  test('an erasure during the writing of the bundle stops it', async () => {
    const ledger = await known();
    const bundle = await opened(ledger);
    await leaves(ledger, 'eraseCustomer');
    await destroyKey(ledger);
    await expect(textOf(bundleJson(bundle))).rejects.toThrow(ErasedMeanwhile);
  });

  test('when erased with readable personal data has an invalid bundle', async () => {
    const ledger = await known();
    await leaves(ledger, 'eraseCustomer');
    const machine = await machineOf(await opened(ledger));
    machine.events[0].opened.name = secret;
    expect(await check(machine)).toMatchObject({ valid: false, problems: [{ revision: 0 }] });
    delete machine.events[0].erased;
    expect(await check(machine)).toMatchObject({ valid: false });
  });

  test('when erased with a key has an invalid bundle', async () => {
    const ledger = await known();
    await leaves(ledger, 'eraseCustomer');
    const machine = await machineOf(await opened(ledger));
    expect(await check({ ...machine, keys: { other: Buffer.alloc(32).toString('base64') } })).toMatchObject({
      valid: false,
      problems: [{}],
    });
  });

  test('personal data marked as erased need an erasure', async () => {
    const ledger = await known();
    await leaves(ledger, 'deleteCustomer');
    const machine = await machineOf(await opened(ledger));
    machine.events[0].erased = true;
    for (const field of personal['CustomerCreated'] ?? []) delete machine.events[0].opened[field];
    expect(await check(machine)).toMatchObject({
      valid: false,
      problems: [{ what: expect.stringContaining('no event records an erasure') }],
    });
  });

  test('without personal data there is nothing to prove', async () => {
    const ledger = new Ledger();
    await ledger.tell(ID, { rule: 'credit', input: { campaign: { id: 'c' }, referee_id: 'cust_y' }, at: AT }, 1);
    const machine = await machineOf(await opened(ledger, true));
    for (const event of machine.events) expect(isSealed(event)).toBe(false);
    expect(await check(machine)).toMatchObject({ valid: true, personal: 'none' });
    expect(machine).toMatchObject({ status: 'unknown', document: null });
  });

  test('an unknown customer has no bundle', async () => {
    const { store, keyring: keys } = new Ledger();
    expect(await openBundle({ store, keys }, { customer_id: ID, made_at: AT, with_key: false })).toBeUndefined();
  });
});

test('a bundle lacks the digests of facts, and the key still proves it', async () => {
  const ledger = new Ledger();
  const told = {
    rule: 'order' as const,
    input: { id: 'ord_1', status: 'PAID', customer: { source_id: 'ada' } },
    at: nine(AT),
    id: 'evt-1',
  };
  const digest = provenanceOf(told).origin?.digest ?? '';
  await ledger.tell(ID, told, 1);
  const bundle = await opened(ledger, true);
  const [json, page] = [await textOf(bundleJson(bundle)), await textOf(timelinePage(bundle))];
  for (const text of [json, page]) expect(text).not.toContain(digest);
  expect(await verifyBundle(Buffer.from(page))).toMatchObject({ valid: true, personal: 'proven', page: 'same' });
});

/** The ledger's events, the first ones in the format of 0.1.0, with a new chain. */
async function begunBy010(ledger: Ledger, count: number): Promise<Pick<Ledger, 'store' | 'keyring'>> {
  const store = new MemoryEventStore();
  let previous = GENESIS;
  for await (const event of ledger.store.read(customerStream(ID))) {
    const { hash: _, ...metadata } = event.revision < count ? format1(event) : event.metadata;
    previous = chainHash(previous, { ...event, metadata });
    await store.append(event.stream, 'any', [{ ...event, metadata: { ...metadata, hash: previous } }]);
  }
  return { store, keyring: ledger.keyring };
}

function format1(event: RecordedEvent): JsonObject {
  const { schema, occurred_at, recorded_at, correlation_id, actor, origin } = envelopeOf(event);
  const times = { occurred_at: shorter(occurred_at), recorded_at: shorter(recorded_at) };
  return { actor: { ...actor }, correlation_id, ...times, schema, ...(origin && { origin: { ...origin } }) };
}

/** The entries of a page, without hashes and positions. */
const entriesOf = (page: string): string | undefined =>
  page
    .split('<ol class="timeline">')[1]
    ?.split('</ol>')[0]
    ?.replace(/<code title=.*?<\/code>| title="position \d+"/g, '');

const shorter = (at: string): string => `${at.slice(0, 23)}Z`;

test('a history begun by 0.1.0 is bundled, shown and verified as a whole', async () => {
  await fc.assert(
    fc.asyncProperty(aTelling, fc.nat(10), async (telling, count) => {
      // 0.1.0 had no sequence, and milliseconds only
      const unnumbered = telling.map(([{ sequence: _, ...told }, after_ms]) => {
        return [{ ...told, at: shorter(told.at) }, after_ms] as const;
      });
      const ledger = await ledgerOf(ID, unnumbered);
      const old = await opened(await begunBy010(ledger, count), true);
      const page = await textOf(timelinePage(old));
      expect(await verifyBundle(Buffer.from(page))).toMatchObject({ valid: true, page: 'same' });
      expect(entriesOf(page)).toBe(entriesOf(await textOf(timelinePage(await opened(ledger, true)))));
    }),
    { numRuns: runs(15, 50) },
  );
});

test('events appended during the writing of the bundle are not in it', async () => {
  const ledger = new Ledger();
  await ledger.tell(ID, { rule: 'order', input: { id: 'ord_1', status: 'PAID' }, at: AT }, 1);
  const bundle = await opened(ledger);
  const before = await textOf(bundleJson(bundle));
  await ledger.tell(ID, { rule: 'order', input: { id: 'ord_2', status: 'PAID' }, at: AT }, 1);
  expect(await textOf(bundleJson(bundle))).toBe(before);
});

test('blanks between the tokens of a bundle do not matter', async () => {
  const ledger = await ledgerOf(ID, [[{ rule: 'order', input: { id: ' o " \\', status: 'PAID' }, at: AT }, 1]]);
  const machine = await machineOf(await opened(ledger));
  expect(await verifyBundle(Buffer.from(JSON.stringify(machine, null, 2)))).toMatchObject({ valid: true });
});

test('other bytes are refused with a reason', async () => {
  const ledger = await ledgerOf(ID, [[{ rule: 'order', input: { id: 'o', status: 'PAID' }, at: AT }, 1]]);
  const machine = await machineOf(await opened(ledger));
  for (const [text, words] of [
    ['', /not JSON/],
    ['{}', /not a bundle/],
    ['<html></html>', /no bundle in this page/],
    [JSON.stringify({ ...machine, version: 9 }), /version 9/],
    [JSON.stringify({ ...machine, version: 1 }), /use the program that made it/],
    [JSON.stringify({ ...machine, head: 1 }), /its head/],
    [JSON.stringify({ ...machine, events: [{}] }), /the stream of event number 0/],
    [JSON.stringify({ ...machine, events: [1] }), /the form of event number 0/],
    [JSON.stringify({ ...machine, note: 'seen' }), /its note/],
    [JSON.stringify({ ...machine, made_at: 'yesterday' }), /its made_at/],
    [JSON.stringify({ ...machine, head: { ...machine.head, note: 1 } }), /its head/],
    [JSON.stringify({ ...machine, events: [{ ...machine.events[0], note: 1 }] }), /the note of event number 0/],
    [JSON.stringify(machine).replace('"document":', '"document":{"id":"other"},"document":'), /a duplicate name/],
    [JSON.stringify(machine).replace('"revision":0', '"revision":0.0'), /another notation/],
  ] as const)
    await expect(verifyBundle(Buffer.from(text))).rejects.toThrow(words);
});
