import type { CustomEventEntity } from './custom-event.js';
import type { GiftTransaction } from './gift.js';
import type { OrderEntity } from './order.js';
import type { PendingEntity } from './pending-points.js';
import type { PointsTransaction } from './points.js';
import type { PublicationEntity } from './publication.js';
import type { RedemptionEntity } from './redemption.js';
import type { ReferredEntity } from './referral.js';
import type { MembershipEntity } from './segment.js';
import type { Spending } from './spending.js';
import { Trie } from './trie.js';
import type { ValidationEntity } from './validation.js';

/** What a customer's facts are about, each kind with its plain JSON form. */
export interface EntityOf {
  readonly order: OrderEntity;
  readonly redemption: RedemptionEntity;
  readonly spending: Spending;
  readonly points: PointsTransaction;
  readonly pending: PendingEntity;
  readonly gift: GiftTransaction;
  readonly referred: ReferredEntity;
  readonly validation: ValidationEntity;
  readonly publication: PublicationEntity;
  readonly event: CustomEventEntity;
  readonly segment: MembershipEntity;
}

export type EntityKind = keyof EntityOf;
export const entityKinds = [
  'order',
  'redemption',
  'spending',
  'points',
  'pending',
  'gift',
  'referred',
  'validation',
  'publication',
  'event',
  'segment',
] as const satisfies readonly EntityKind[];

export interface EntityKey {
  readonly kind: EntityKind;
  readonly id: string;
}

/** One id out of several, none of which can be mistaken for another, whatever they contain. */
export const joint = (...ids: readonly string[]): string => JSON.stringify(ids);

/** Entities by kind and id. Immutable: what is set shares almost everything with what was before. */
export class Entities {
  static readonly none = new Entities({});

  private constructor(private readonly kinds: { readonly [kind in EntityKind]?: Trie<EntityOf[kind]> }) {}

  get size(): number {
    return Object.values(this.kinds).reduce((sum, { size }) => sum + size, 0);
  }

  get<Kind extends EntityKind>(kind: Kind, id: string): EntityOf[Kind] | undefined {
    return this.kinds[kind]?.get(id);
  }

  set<Kind extends EntityKind>(kind: Kind, id: string, entity: EntityOf[Kind]): Entities {
    const entities: Trie<EntityOf[Kind]> = this.kinds[kind] ?? Trie.empty();
    return new Entities({ ...this.kinds, [kind]: entities.set(id, entity) });
  }

  ofKind<Kind extends EntityKind>(kind: Kind): Iterable<readonly [id: string, entity: EntityOf[Kind]]> {
    return (this.kinds[kind] ?? Trie.empty<EntityOf[Kind]>()).entries();
  }
}
