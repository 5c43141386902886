import { Trie } from './trie.js';

/** The kinds of entities that a customer's facts are about, each with its plain JSON form. A subject adds its kinds in its own file. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by the subjects
export interface EntityOf {}

export type EntityKind = keyof EntityOf;
export interface EntityKey {
  readonly kind: EntityKind;
  readonly id: string;
}

/** All entities of a kind whose joint id begins with this. */
export interface EntityGroup {
  readonly kind: EntityKind;
  readonly first: string;
}

/** Joins ids into one that is unique, whatever they contain. */
export const joint = (...ids: readonly string[]): string => JSON.stringify(ids);

/** The common prefix of the joint ids of a group. */
export const groupPrefix = (first: string): string => `${joint(first).slice(0, -1)},`;

/** A lookup of the fold: an entity, a group of them, or the last order. */
export type Need = EntityKey | EntityGroup | 'last_order';

/** The fold needs an entity that was not loaded. */
export class NotLoaded extends Error {
  constructor(readonly need: Need) {
    super(`not loaded: ${JSON.stringify(need)}`);
  }
}

const textOf = (need: Need): string =>
  need === 'last_order' ? need : 'id' in need ? `${need.kind}/${need.id}` : `${need.kind}//${need.first}`;

/** Entities by kind and id. Immutable: `set` shares almost everything with the former value. */
export class Entities {
  static readonly none = new Entities({}, undefined);

  private constructor(
    private readonly kinds: { readonly [kind in EntityKind]?: Trie<EntityOf[kind]> },
    /** The lookups that were made, found or not; undefined when everything is loaded. */
    private readonly loaded: ReadonlySet<string> | undefined,
  ) {}

  get size(): number {
    return Object.values(this.kinds).reduce((sum, { size }) => sum + size, 0);
  }

  /** Restricts the loaded entities to these lookups. */
  restrictedTo(loaded: readonly Need[]): Entities {
    return new Entities(this.kinds, new Set(loaded.map(textOf)));
  }

  get<Kind extends EntityKind>(kind: Kind, id: string): EntityOf[Kind] | undefined {
    const found = this.kinds[kind]?.get(id);
    if (found === undefined) this.assertLoaded({ kind, id });
    return found;
  }

  set<Kind extends EntityKind>(kind: Kind, id: string, entity: EntityOf[Kind]): Entities {
    const entities: Trie<EntityOf[Kind]> = this.kinds[kind] ?? Trie.empty();
    return new Entities({ ...this.kinds, [kind]: entities.set(id, entity) }, this.loaded);
  }

  ofKind<Kind extends EntityKind>(kind: Kind): Iterable<readonly [id: string, entity: EntityOf[Kind]]> {
    return (this.kinds[kind] ?? Trie.empty<EntityOf[Kind]>()).entries();
  }

  /** The orders among which the last one is. */
  orders(): Iterable<readonly [id: string, order: EntityOf['order']]> {
    this.assertLoaded('last_order');
    return this.ofKind('order');
  }

  /** A group in the order of its ids, as the second part of each id and the entity. */
  group<Kind extends EntityKind>(kind: Kind, first: string): (readonly [second: string, entity: EntityOf[Kind]])[] {
    this.assertLoaded({ kind, first });
    const prefix = groupPrefix(first);
    return [...this.ofKind(kind)]
      .filter(([id]) => id.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, entity]) => [(JSON.parse(id) as string[])[1] ?? '', entity] as const);
  }

  private assertLoaded(need: Need): void {
    if (this.loaded && !this.loaded.has(textOf(need))) throw new NotLoaded(need);
  }
}
