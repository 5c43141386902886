import type { Entities } from './entities.js';
import type { EventOf, Stepped, Subject } from './fold.js';
import type { Instant } from './instant.js';
import { type Keyed, own, put } from './keyed.js';

/* Which segments a customer is in: judged elsewhere, recorded here, so that it has a date, a history and a chain. */

// 1. Events

interface Named {
  readonly id: string;
  readonly name: string;
}

type SegmentEvent<Type extends string> = EventOf<Type, { readonly segment: Named }>;
export type MembershipEvent = SegmentEvent<'SegmentEntered'> | SegmentEvent<'SegmentLeft'>;

// 2. State

/** Segment id -> since when, for those that the customer is in. */
export type Memberships = Keyed<Instant>;

/** What lists of members are made of. */
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

/** It follows from what happened: it is no news about the customer itself. */
export const isMembership = ({ type }: { readonly type: string }): boolean => Object.hasOwn(segments.on, type);

// 4. Rule

/** Whether a customer belongs to a segment, and since when that is so. */
export interface Judgement {
  readonly segment: Named;
  readonly is_member: boolean;
  readonly at: Instant;
}

/** Entered or left, where a judgement differs from what was recorded before; so the two strictly alternate. */
interface Member {
  readonly status: string;
  readonly head: { readonly segments: Memberships };
}

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
