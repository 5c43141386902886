import type { Entities } from './entities.js';
import type { EventOf, Stepped, Subject } from './fold.js';
import type { Instant } from './instant.js';
import { type Keyed, own, put } from './keyed.js';

/* Memberships in segments: evaluated elsewhere and recorded here, so that they have a date, a history and a chain. */

// 1. Events

interface Named {
  readonly id: string;
  readonly name: string;
}

type SegmentEvent<Type extends string> = EventOf<Type, { readonly segment: Named }>;
export type MembershipEvent = SegmentEvent<'SegmentEntered'> | SegmentEvent<'SegmentLeft'>;

// 2. State

/** Id of each segment that the customer is in -> the time of entry. */
export type Memberships = Keyed<Instant>;

/** The membership in one segment, from which lists of members are made. */
export interface MembershipEntity {
  readonly is_member: boolean;
}

declare module './entities.js' {
  interface EntityOf {
    readonly segment: MembershipEntity;
  }
}

// 3. Fold

const taking = {
  personal: [],
  touches: ({ segment: { id } }: MembershipEvent['data']) => [{ kind: 'segment' as const, id }],
};

export const segments: Subject<'segments', Memberships, MembershipEvent, 'segment'> = {
  slice: 'segments',
  entities: { segment: true },
  facts: {},
  initial: {},
  on: {
    SegmentEntered: {
      ...taking,
      step: (slice, { data: { segment }, occurred_at }, entities): Stepped<Memberships> =>
        own(slice, segment.id) === undefined
          ? [put(slice, segment.id, occurred_at), moved(entities, segment.id, true)]
          : [slice, entities],
    },
    SegmentLeft: {
      ...taking,
      step: (slice, { data: { segment } }, entities): Stepped<Memberships> => {
        if (own(slice, segment.id) === undefined) return [slice, entities];
        const { [segment.id]: _, ...others } = slice;
        return [others, moved(entities, segment.id, false)];
      },
    },
  },
};

const moved = (entities: Entities, id: string, is_member: boolean): Entities =>
  entities.set('segment', id, { is_member });

/** True for a membership event, which follows from other events and tells nothing new about the customer itself. */
export const isMembership = ({ type }: { readonly type: string }): boolean => Object.hasOwn(segments.on, type);

// 4. Rule

/** The result of evaluating one segment for a customer, with the time from which it holds. */
export interface Judgement {
  readonly segment: Named;
  readonly is_member: boolean;
  readonly at: Instant;
}

interface Member {
  readonly status: string;
  readonly head: { readonly segments: Memberships };
}

/** The membership changes: entries and exits where a judgement differs from the record, so that they alternate. */
export function membershipsOf(state: Member, judgements: readonly Judgement[]): MembershipEvent[] {
  if (state.status !== 'active') return [];
  const recorded = new Map<string, boolean>();
  return judgements.flatMap(({ segment, is_member, at }): MembershipEvent[] => {
    const { id } = segment;
    if ((recorded.get(id) ?? own(state.head.segments, id) !== undefined) === is_member) return [];
    recorded.set(id, is_member);
    return [{ type: is_member ? 'SegmentEntered' : 'SegmentLeft', occurred_at: at, data: { segment } }];
  });
}
