import type { CustomEventEntity } from './custom-event.js';
import type { GiftTransaction } from './gift.js';
import type { OrderEntity } from './order.js';
import type { PendingEntity } from './pending-points.js';
import type { PointsTransaction } from './points.js';
import type { RedemptionEntity } from './redemption.js';
import type { ReferredEntity } from './referral.js';
import type { Spending } from './spending.js';
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
  readonly event: CustomEventEntity;
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
  'event',
] as const satisfies readonly EntityKind[];

export interface EntityKey {
  readonly kind: EntityKind;
  readonly id: string;
}

/** One id out of several, none of which can be mistaken for another, whatever they contain. */
export const joint = (...ids: readonly string[]): string => JSON.stringify(ids);

/** Entities by kind and id. Immutable: `set` shares all but one path with the map before, so its cost does not grow with the size. */
export class Entities {
  static readonly none = new Entities({}, 0);

  private constructor(
    private readonly roots: { readonly [kind in EntityKind]?: Node },
    readonly size: number,
  ) {}

  get<Kind extends EntityKind>(kind: Kind, id: string): EntityOf[Kind] | undefined {
    return find(this.roots[kind], id) as EntityOf[Kind] | undefined;
  }

  set<Kind extends EntityKind>(kind: Kind, id: string, entity: EntityOf[Kind]): Entities {
    const root = this.roots[kind] ?? EMPTY;
    const added = find(root, id) === undefined ? 1 : 0;
    return new Entities({ ...this.roots, [kind]: put(root, hash(id), 0, [id, entity]) }, this.size + added);
  }

  ofKind<Kind extends EntityKind>(kind: Kind): Iterable<readonly [id: string, entity: EntityOf[Kind]]> {
    return walk(this.roots[kind] ?? EMPTY) as Iterable<readonly [string, EntityOf[Kind]]>;
  }
}

/* A hash trie: 32 ways a level, small leaves. */
type Entry = readonly [id: string, entity: object];
type Node = { readonly leaf: readonly Entry[] } | { readonly branch: readonly (Node | undefined)[] };

const BITS = 5;
const WAYS = 1 << BITS;
const LEAF_MAX = 8;
const SHIFT_MAX = 30;
const EMPTY: Node = { leaf: [] };

const way = (hashed: number, shift: number): number => (hashed >>> shift) & (WAYS - 1);

function find(root: Node | undefined, id: string): object | undefined {
  if (root === undefined) return undefined;
  const hashed = hash(id);
  let node: Node | undefined = root;
  for (let shift = 0; node && 'branch' in node; shift += BITS) node = node.branch[way(hashed, shift)];
  return node?.leaf.find(([known]) => known === id)?.[1];
}

function put(node: Node, hashed: number, shift: number, entry: Entry): Node {
  if ('branch' in node) {
    const at = way(hashed, shift);
    return { branch: node.branch.with(at, put(node.branch[at] ?? EMPTY, hashed, shift + BITS, entry)) };
  }
  const known = node.leaf.findIndex(([id]) => id === entry[0]);
  const leaf = known < 0 ? [...node.leaf, entry] : node.leaf.with(known, entry);
  return leaf.length <= LEAF_MAX || shift >= SHIFT_MAX ? { leaf } : split(leaf, shift);
}

function split(entries: readonly Entry[], shift: number): Node {
  const branch: Node = { branch: new Array<undefined>(WAYS).fill(undefined) };
  return entries.reduce<Node>((node, entry) => put(node, hash(entry[0]), shift, entry), branch);
}

function* walk(node: Node): Generator<Entry> {
  if ('leaf' in node) yield* node.leaf;
  else for (const child of node.branch) if (child) yield* walk(child);
}

/** FNV-1a. */
function hash(text: string): number {
  let hashed = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hashed = Math.imul(hashed ^ text.charCodeAt(at), 0x01000193);
  return hashed >>> 0;
}
