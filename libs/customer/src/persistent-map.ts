import { inOrder, type Keyed, own } from './keyed.js';
import { Trie } from './trie.js';

/**
 * An immutable map that is stored as plain JSON. `set` shares almost everything with the former map, so its cost does
 * not grow with the size; nor does that of wrapping a stored record.
 */
export class PersistentMap<Value> {
  /** Head and document both ask for the entries of one map. */
  #sorted: readonly [key: string, value: Value][] | undefined;

  private constructor(
    private readonly stored: Keyed<Value>,
    private readonly changed: Trie<Value>,
  ) {}

  static empty<Value>(): PersistentMap<Value> {
    return new PersistentMap<Value>({}, Trie.empty());
  }

  /** Wraps a stored record; a map stays as it is. */
  static of<Value>(stored: Keyed<Value> | PersistentMap<Value>): PersistentMap<Value> {
    return stored instanceof PersistentMap ? stored : new PersistentMap(stored, Trie.empty());
  }

  get(key: string): Value | undefined {
    return this.changed.get(key) ?? own(this.stored, key);
  }

  set(key: string, value: Value): PersistentMap<Value> {
    return new PersistentMap(this.stored, this.changed.set(key, value));
  }

  /** The entries in the order of the keys. */
  entries(): readonly [key: string, value: Value][] {
    this.#sorted ??= inOrder(this.all());
    return this.#sorted;
  }

  values(): Value[] {
    return this.entries().map(([, value]) => value);
  }

  toJSON(): Keyed<Value> {
    return Object.fromEntries(this.entries());
  }

  private all(): Keyed<Value> {
    const changed = Object.fromEntries(this.changed.entries());
    return this.changed.size === 0 ? this.stored : { ...this.stored, ...changed };
  }
}
