import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { shown } from '#customer';
import type { Decoded } from '#event-store';
import { aHistoryOf, aRetelling, eventsOf, type RandomFact } from '../../../customer/src/history.fixture.js';
import { naiveConsentEntries } from '../../../customer/src/naive.fixture.js';
import { holds, runs } from '../../../customer/src/runs.fixture.js';
import { keptOf } from './activity-row.js';
import { foldWhole } from './folding.js';
import { noCustomer, Work } from './projection.js';

const TELLS = { 'customer.consents.given': 'given', 'customer.consents.revoked': 'revoked' } as Readonly<
  Record<string, string>
>;

/** The entries about consents, in the format of the naive model. */
function consentEntries(history: readonly RandomFact[]): string[] {
  const incoming = eventsOf(history).map((event, n) => ({
    event,
    recorded: { id: `event-${n}`, revision: n, position: BigInt(n) },
    envelope: { actor: { channel: 'API' }, correlation_id: 'request' },
  }));
  const work = new Work('cust_x', noCustomer, incoming as unknown as Decoded<(typeof incoming)[number]['event']>[]);
  const { poison, activities } = foldWhole(work);
  expect(poison).toBeUndefined();
  return activities.added.flatMap((row) => {
    const { consents } = keptOf(row).data as { consents?: readonly { readonly id: string }[] };
    const how = TELLS[row.type];
    if (row.is_shown === 0 || !how || !consents) return [];
    return [
      `${shown(row.created_at)} ${how} ${consents
        .map(({ id }) => id)
        .sort()
        .join(' ')}`,
    ];
  });
}

const distinct = (history: readonly RandomFact[]): RandomFact[] => [
  ...new Map(history.map((told) => [JSON.stringify(told), told])).values(),
];

test('the entries about consents follow from all statements, in any order of arrival', () => {
  const histories = aHistoryOf('consents').chain((history) => fc.tuple(fc.constant(history), aRetelling(history)));
  const property = fc.property(histories, ([history, again]) => {
    const expected = naiveConsentEntries(distinct(history)).sort();
    expect(consentEntries(history).sort()).toEqual(expected);
    expect(consentEntries(again).sort()).toEqual(expected);
  });
  holds('entries about consents', property, runs(500, 5_000));
});
