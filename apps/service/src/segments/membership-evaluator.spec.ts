import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  customer,
  type CustomerEvent,
  type CustomerState,
  customerIn,
  customerStream,
  nine,
  recordProfile,
  type Rejection,
  shown,
} from '#customer';
import { Repository, Catalog, Decoder, Keyring, MemoryEventStore, MemoryKeyStore } from '#event-store';
import { Projector, PROJECTOR, ReadModel, Rebuilder } from '#read-model';
import { customerCodec } from '../codec.js';
import { MembershipEvaluator } from './membership-evaluator.js';
import { SegmentJudge } from './judge.js';
import { type SegmentDefinition, SEGMENTS, Segments } from './segments.js';

const context = { actor: { channel: 'TEST' }, correlation_id: 'v-1' };
const AT = {
  born: '2026-05-01T00:00:00.000Z',
  made: '2026-05-01T12:00:00.000Z',
  due: '2026-05-02T10:00:00.000Z',
  active: '2026-05-03T00:00:00.000Z',
  now: '2026-05-03T00:00:01.000Z',
};
const ADA = { junction: 'and', name: { conditions: { $is: ['Ada'] } } } as const;
const A_DAY_AGO = { junction: 'and', 'metadata.x': { conditions: { $more_than_ago: ['1'] } } } as const;
const STEPS_MAX = 1_000;

let folder: string;
let stage: Stage;

/** All parts for membership changes in one process, with a clock that tests set. */
class Stage {
  at: string = AT.born;
  /** Runs once, during an evaluation. */
  meanwhile: (() => Promise<void>) | undefined;
  /** The event type that cannot be read for now. */
  unreadable: CustomerEvent['type'] | undefined;
  private readonly now = (): string => this.at;
  private readonly store = new MemoryEventStore();
  private readonly keyring = new Keyring(new MemoryKeyStore());
  private readonly codec = {
    ...customerCodec,
    upcast: (...said: Parameters<typeof customerCodec.upcast>) => {
      if (said[0] === this.unreadable) throw new TypeError('not to be read');
      return customerCodec.upcast(...said);
    },
  };
  private readonly repository = new Repository<CustomerState, CustomerEvent>(
    this.store,
    this.codec,
    this.keyring,
    customer,
    {
      now: this.now,
      weigh: () => 1,
      cache_weight_max: 1,
    },
  );
  private readonly catalog = new Catalog<SegmentDefinition>(this.store, SEGMENTS, this.now);
  private readonly decoder = new Decoder<CustomerEvent>(this.codec, this.keyring);
  private readonly evaluator: MembershipEvaluator;

  constructor(private readonly model: ReadModel) {
    const { repository, catalog, now } = this;
    const slow: Pick<typeof repository, 'load' | 'handle'> = {
      load: async (stream) => {
        const loaded = await repository.load(stream);
        const { meanwhile } = this;
        this.meanwhile = undefined;
        await meanwhile?.();
        return loaded;
      },
      handle: repository.handle.bind(repository),
    };
    this.evaluator = new MembershipEvaluator({
      segments: new Segments(catalog),
      repository: slow,
      model,
      now,
      onChanges: () => undefined,
    });
  }

  define(id: string, definition: Omit<SegmentDefinition, 'name'>): Promise<unknown> {
    return this.catalog.define(id, () => ({ name: id, ...definition }), context);
  }

  async say(id: string, said: object): Promise<void> {
    const { repository, at } = this;
    await repository.handle<Rejection>(
      customerStream(id),
      ({ state }) => recordProfile(state, { id, created: true, ...said }, { at: nine(at) }),
      context,
    );
    repository.forget(customerStream(id));
  }

  async settle(): Promise<void> {
    await this.project();
    for (let turns = 0; turns < 10; turns++) await this.evaluator.turn();
  }

  async rebuild(request: { customer?: string }): Promise<void> {
    // a rebuild does not switch to a generation that is ahead of the live one
    await this.project();
    const { id } = await this.model.rebuilds.request(request);
    const rebuilder = new Rebuilder(this.model, this.store, this.decoder, { instance: 'a', pause_ms: 0 });
    for (let steps = 0; (await this.model.rebuilds.find(id))?.is_open === true; steps++) {
      if (steps > STEPS_MAX) throw new Error('it never ends');
      await rebuilder.step();
    }
  }

  async entered(): Promise<unknown[]> {
    const entered: unknown[] = [];
    for await (const { type, stream, data, metadata } of this.store.readAll())
      if (type === 'SegmentEntered')
        entered.push([
          customerIn(stream),
          (data['segment'] as { id: string }).id,
          shown(metadata['occurred_at'] as string),
        ]);
    return entered;
  }

  close(): Promise<void> {
    return this.model.close();
  }

  private async project(): Promise<void> {
    const over = new AbortController();
    const projector = new Projector(this.model, this.store, this.decoder, {
      batch_size_max: 100,
      interval_ms: 0,
      judge: new SegmentJudge(this.store, this.now),
      onError: (error) => {
        throw error;
      },
    });
    const running = projector.run(over.signal);
    const head = await this.store.head();
    while (((await this.model.reached(PROJECTOR))?.position ?? 0n) < head)
      await new Promise((resolve) => setTimeout(resolve, 5));
    over.abort();
    await running;
  }
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evaluator-'));
  stage = new Stage(await ReadModel.open({ file: join(folder, 'read-model.db') }));
});
afterEach(async () => {
  await stage.close();
  await rm(folder, { recursive: true, force: true });
});

test('an evaluation that is late records no entry before the segment became active', async () => {
  await stage.define('seg_name', { type: 'passive', filter: ADA });
  await stage.define('seg_day', { type: 'auto-update', filter: A_DAY_AGO });
  await stage.say('cust_1', { name: 'Ada', metadata: { x: '2026-05-01T10:00:00.000Z' } });
  await stage.settle();
  // no evaluation runs when the day has passed; meanwhile the other segment becomes active
  stage.at = AT.active;
  await stage.define('seg_name', { type: 'auto-update', filter: ADA });
  stage.at = AT.now;
  await stage.settle();
  expect(await stage.entered()).toEqual([
    ['cust_1', 'seg_name', AT.active],
    ['cust_1', 'seg_day', AT.due],
  ]);
});

test('an existing customer enters a new segment when it becomes active, or when time makes the filter true', async () => {
  await stage.say('cust_1', { name: 'Ada' });
  await stage.say('cust_2', { metadata: { x: '2026-05-01T10:00:00.000Z' } });
  await stage.settle();
  stage.at = AT.made;
  await stage.define('seg_name', { type: 'auto-update', filter: ADA });
  await stage.define('seg_day', { type: 'auto-update', filter: A_DAY_AGO });
  stage.at = AT.now;
  await stage.settle();
  expect(await stage.entered()).toEqual([
    ['cust_1', 'seg_name', AT.made],
    ['cust_2', 'seg_day', AT.due],
  ]);
});

test.each([{ customer: 'cust_1' }, {}])(
  'an unreadable customer does not hold up others, and is evaluated once it is readable and rebuilt: %j',
  async (request) => {
    await stage.define('seg_name', { type: 'auto-update', filter: ADA });
    await stage.define('seg_day', { type: 'auto-update', filter: A_DAY_AGO });
    for (const id of ['cust_1', 'cust_2']) await stage.say(id, { metadata: { x: '2026-05-01T10:00:00.000Z' } });
    await stage.settle();
    await stage.say('cust_1', { name: 'Ada' });
    stage.unreadable = 'CustomerUpdated';
    stage.at = AT.now;
    await stage.settle();
    expect(await stage.entered()).toEqual([['cust_2', 'seg_day', AT.due]]);

    stage.unreadable = undefined;
    await stage.rebuild(request);
    await stage.settle();
    expect(await stage.entered()).toEqual([
      ['cust_2', 'seg_day', AT.due],
      ['cust_1', 'seg_name', AT.now],
      ['cust_1', 'seg_day', AT.now],
    ]);
  },
);

test('a slow evaluation dates its change after those of others meanwhile', async () => {
  await stage.define('seg_name', { type: 'auto-update', filter: ADA });
  await stage.say('cust_1', { name: 'Bob' });
  await stage.settle();
  const [atFirst, back, lastly] = [AT.made, AT.due, AT.now];
  const becomes = async (name: string, at: string): Promise<void> => {
    stage.at = at;
    await stage.say('cust_1', { name });
  };
  await becomes('Ada', atFirst);
  stage.meanwhile = async () => {
    await stage.settle();
    await becomes('Bob', back);
    await stage.settle();
    await becomes('Ada', lastly);
  };
  await stage.settle();
  expect(await stage.entered()).toEqual([
    ['cust_1', 'seg_name', atFirst],
    ['cust_1', 'seg_name', lastly],
  ]);
});
