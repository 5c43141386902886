import { consentsAround, inOrder, isRepeated, momentsConcerned } from '#customer';
import type { ActivityKey, Change, Described } from './activity.js';

export const CONSENTS = 'consents';

/** A value that repeats the one right before it, and ends no consent, says nothing. */
export function describeConsents({ data, occurred_at, known }: Change<'ConsentChanged'>): Described[] {
  const [{ head: before }, { head: after, entities }] = [known.before, known.after];
  const consents = consentsAround(before.consents, after.consents, entities);
  // a database may keep the members of an object in another order
  const all = inOrder(data.consents).filter(([id, value]) => !isRepeated(consents, id, value, occurred_at));
  const kinds = [
    { type: 'customer.consents.given' as const, value: true, slot: 0 },
    { type: 'customer.consents.revoked' as const, value: false, slot: 1 },
  ];
  return kinds.flatMap(({ type, value, slot }) => {
    const consents = all.filter(([, given]) => given === value).map(([id]) => ({ id, object: 'consent' }));
    return consents.length === 0 ? [] : [{ type, slot, payload: { consents } }];
  });
}

/** A late statement changes whether later ones repeat it. */
export const consentsChanged = ({ data, occurred_at, known }: Change<'ConsentChanged'>): ActivityKey[] =>
  [...momentsConcerned(known.before.head.consents, known.before.entities, data.consents, occurred_at)].map(
    (created_at) => ({ object: CONSENTS, created_at }),
  );
