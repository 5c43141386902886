import fc from 'fast-check';
import { aProfile, type Content, SUBJECTS, TIMES } from './contents.js';

/** A fact as it is sent. */
export interface CloudEvent extends Content {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly time: string;
  readonly sequence?: string;
  readonly datacontenttype: 'application/json';
}

/** A fact, and how another telling of its history delivers it. */
export interface Step {
  readonly fact: CloudEvent;
  /** Facts come by their rank. */
  readonly rank: number;
  /** The ranks at which it comes once more. */
  readonly again: readonly number[];
  /** Once more under another CloudEvents id: still the same fact. */
  readonly renames: boolean;
  /** A request ends behind it. */
  readonly cuts: boolean;
}

export type History = readonly Step[];

/** The names of each person. `ada` has a source id only, `cy` an id only; `eve` is known by two source ids, told with the id alone. */
export const NAMES: Readonly<Record<string, readonly string[]>> = {
  ada: ['~ada'],
  bob: ['~bob', '~my-bob'],
  cy: ['~my-cy'],
  eve: ['~my-eve', '~eve-1', '~eve-2'],
  stranger: ['~stranger'],
};

interface Reference {
  readonly id?: string;
  readonly source_id?: string;
}

const REFERENCES: readonly Reference[] = [
  { source_id: '~ada' },
  { source_id: '~bob' },
  { id: '~my-bob' },
  { id: '~my-bob', source_id: '~bob' },
  { id: '~my-cy' },
  { id: '~my-eve' },
];

/** The facts that make ids known; a history has those of the ids that it names. */
const LINKS: readonly Reference[] = [
  { id: '~my-bob', source_id: '~bob' },
  { id: '~my-cy' },
  { id: '~my-eve', source_id: '~eve-1' },
  { id: '~my-eve', source_id: '~eve-2' },
];

const SOURCES = ['/a', '/b', '/c'] as const;
const SEQUENCES = [undefined, undefined, undefined, '1', '2', '10', '010'] as const;
const RANK_MAX = 999;

const rank = fc.nat(RANK_MAX);
const delivery = {
  rank,
  again: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(rank, { minLength: 1, maxLength: 2 }) },
  ),
  renames: fc.boolean(),
  cuts: fc.boolean(),
};

interface Drawn extends Omit<Step, 'fact'> {
  readonly content: Content;
  readonly reference: Reference;
  readonly time: string;
  readonly source: string;
  readonly sequence: string | undefined;
}

const drawn = (content: fc.Arbitrary<Content>, references: readonly Reference[], times: readonly string[]) =>
  fc.record({
    content,
    reference: fc.constantFrom(...references),
    time: fc.constantFrom(...times),
    source: fc.constantFrom(...SOURCES),
    sequence: fc.constantFrom(...SEQUENCES),
    ...delivery,
  });

const subjects = Object.keys(SUBJECTS) as (keyof typeof SUBJECTS)[];
const STEPS_MAX = 14;

/** Facts of all types about a few persons. Few subjects, persons and times in each history, so that facts meet and tie. */
export const aHistory: fc.Arbitrary<History> = fc
  .record({
    about: fc.subarray(subjects, { minLength: 1, maxLength: 4 }),
    references: fc.subarray([...REFERENCES], { minLength: 1, maxLength: 3 }),
    times: fc.subarray([...TIMES], { minLength: 1, maxLength: 3 }),
  })
  .chain(({ about, references, times }) =>
    fc.tuple(
      fc.tuple(
        ...LINKS.map((link) =>
          drawn(
            aProfile.map((data) => ({ type: 'customer.created', data })),
            [link],
            times,
          ),
        ),
      ),
      fc.array(
        drawn(
          fc.oneof(...about.flatMap((one) => SUBJECTS[one] as readonly fc.Arbitrary<Content>[])),
          references,
          times,
        ),
        {
          minLength: 1,
          maxLength: STEPS_MAX,
          size: 'max',
        },
      ),
    ),
  )
  .map(([links, steps]) => {
    const told = JSON.stringify(steps.map(({ content, reference }) => [content, reference]));
    return [...links.filter(({ reference }) => told.includes(`"${reference.id ?? ''}"`)), ...steps].map(step);
  });

function step({ content: { type, data }, reference, time, source, sequence, ...delivered }: Drawn, n: number): Step {
  const isProfile = type === 'customer.created' || type === 'customer.updated';
  const fact: CloudEvent = {
    specversion: '1.0',
    id: `~f${n}`,
    source,
    type,
    time,
    ...(sequence !== undefined && { sequence }),
    datacontenttype: 'application/json',
    data: isProfile ? { ...reference, ...data } : { ...data, customer: reference },
  };
  return { fact, ...delivered };
}

/** The requests of the history as it was drawn: each fact alone. */
export const plainly = (history: History): readonly (readonly CloudEvent[])[] =>
  linkedFirst(history.map(({ fact }) => ({ fact, cuts: true }))).map(({ fact }) => [fact]);

/** The requests of the other telling: permuted, duplicated, in batches. */
export function otherwise(history: History): readonly (readonly CloudEvent[])[] {
  const deliveries = history.flatMap(({ fact, rank: at, again, renames, cuts }) => [
    { fact, at, cuts },
    ...again.map((later, n) => ({ fact: renames ? renamed(fact, n) : fact, at: later, cuts })),
  ]);
  const batches: CloudEvent[][] = [[]];
  for (const { fact, cuts } of linkedFirst(deliveries.sort((one, other) => one.at - other.at))) {
    batches.at(-1)?.push(fact);
    if (cuts) batches.push([]);
  }
  return batches.filter((batch) => batch.length > 0);
}

const AGAIN = '-again-';
/** The fact's own CloudEvents id of any of its deliveries. */
export const originalOf = (id: string): string => id.split(AGAIN)[0] ?? id;

/** A custom event without an id of its own is known by that of the CloudEvent: under another it is another. */
const renamed = (fact: CloudEvent, n: number): CloudEvent =>
  fact.type === 'customer.custom_event' && fact.data['id'] === undefined
    ? fact
    : { ...fact, id: `${fact.id}${AGAIN}${n}` };

/** Ids that are told to be one with a source id: a history of their own before that would be a second one. */
const JOINED = new Set(LINKS.flatMap(({ id, source_id }) => (source_id === undefined ? [] : id)));

/** An id is known from its `customer.created` on, which names all of the customer: facts that use it wait for that. */
function linkedFirst<One extends { readonly fact: CloudEvent }>(deliveries: readonly One[]): readonly One[] {
  const known = new Set<string>();
  const waiting = new Map<string, One[]>();
  return deliveries.flatMap((one) => {
    const { type, data } = one.fact;
    const { id, source_id } = (data['customer'] ?? data) as Reference;
    if (id === undefined || known.has(id)) return [one];
    if (type !== 'customer.created' || (JOINED.has(id) && source_id === undefined)) {
      waiting.set(id, [...(waiting.get(id) ?? []), one]);
      return [];
    }
    known.add(id);
    return [one, ...(waiting.get(id) ?? [])];
  });
}
