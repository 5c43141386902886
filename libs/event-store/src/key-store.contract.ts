import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { KeyStore } from './key-store.js';

/** The contract of every key store. `reopen` opens the same store once more, beside the first, where it can be shared. */
export function keyStoreContract(
  name: string,
  open: () => Promise<{ store: KeyStore; reopen?: () => Promise<KeyStore> }>,
): void {
  describe(`${name} keeps keys`, () => {
    let store: KeyStore;
    let opened: KeyStore[];
    let reopen: () => Promise<KeyStore>;

    beforeEach(async () => {
      const made = await open();
      ({ store } = made);
      opened = [store];
      reopen = async () => {
        const again = (await made.reopen?.()) ?? store;
        if (again !== store) opened.push(again);
        return again;
      };
    });
    afterEach(async () => {
      for (const one of opened) await one.close();
    });

    test('mints different keys of 32 bytes under random ids', async () => {
      const keys = await store.mint(50);
      expect(keys.size).toBe(50);
      expect(new Set(Array.from(keys.values(), String)).size).toBe(50);
      for (const [id, key] of keys) {
        expect(id).toMatch(/^[\w-]{22}$/);
        expect(key).toHaveLength(32);
      }
    });

    test('loads minted keys in bulk, on any instance, and leaves out unknown ids', async () => {
      const keys = await store.mint(3);
      const found = await (await reopen()).load(['unknown', ...keys.keys()]);
      expect(new Map(found)).toEqual(new Map(keys));
    });

    test('a destroyed key is destroyed on every instance, and others are not touched', async () => {
      const [[gone], [kept, key]] = [...(await store.mint(2))] as [[string, Buffer], [string, Buffer]];
      const other = await reopen();
      await other.load([gone]);
      await store.destroy(gone);
      await store.destroy(gone);
      for (const one of [store, other])
        expect(await one.load([gone, kept])).toEqual(
          new Map<string, unknown>([
            [gone, 'destroyed'],
            [kept, key],
          ]),
        );
    });

    test('destroying a lost key leaves a tombstone, too', async () => {
      await store.destroy('lost');
      expect(await store.load(['lost'])).toEqual(new Map([['lost', 'destroyed']]));
    });

    test('keeps the erasure position of each event store, which never decreases', async () => {
      expect(await store.erasedUpTo('one')).toBe(0n);
      await store.noteErased('one', 9_007_199_254_740_993n);
      await store.noteErased('one', 12n);
      await store.noteErased('other', 3n);
      const again = await reopen();
      expect([await again.erasedUpTo('one'), await again.erasedUpTo('other')]).toEqual([9_007_199_254_740_993n, 3n]);
    });

    test('has one index key for good', async () => {
      const index = await store.index();
      expect(index).toHaveLength(32);
      expect(await (await reopen()).index()).toEqual(index);
    });
  });
}
