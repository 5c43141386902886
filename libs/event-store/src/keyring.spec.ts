import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { Keyring } from './keyring.js';
import type { KeyId, KeyState } from './key-store.js';
import { MemoryKeyStore } from './memory/key-store.js';

class CountedKeyStore extends MemoryKeyStore {
  mints: number[] = [];
  loads: number[] = [];
  failure: Error | undefined;

  override async mint(count: number): Promise<ReadonlyMap<KeyId, Buffer>> {
    this.mints.push(count);
    if (this.failure) throw this.failure;
    return super.mint(count);
  }

  override load(ids: Iterable<KeyId>): Promise<Map<KeyId, KeyState>> {
    const wanted = [...ids];
    this.loads.push(wanted.length);
    return super.load(wanted);
  }
}

describe('a keyring', () => {
  test('hands out each key once to concurrent callers, and mints in bulk', async () => {
    const store = new CountedKeyStore();
    const keyring = new Keyring(store, { pool_size: 8 });
    const taken = await Promise.all(Array.from({ length: 50 }, () => keyring.take()));
    expect(new Set(taken).size).toBe(50);
    expect(store.mints.length).toBeLessThanOrEqual(10);
    expect((await store.load(taken)).size).toBe(50);
  });

  test('fills up in the background before the pool is empty', async () => {
    const store = new CountedKeyStore();
    const keyring = new Keyring(store, { pool_size: 8 });
    for (let n = 0; n < 7; n++) await keyring.take();
    await sleep(10);
    expect(store.mints).toEqual([8, 7]);
  });

  test('rejects waiting callers with the error of the store, and recovers with the store', async () => {
    const store = new CountedKeyStore();
    const keyring = new Keyring(store, { pool_size: 2 });
    store.failure = new Error('disk full');
    await expect(keyring.take()).rejects.toThrow('disk full');
    store.failure = undefined;
    expect(keyring.get(await keyring.take())).toHaveLength(32);
  });

  test('reads in bulk only keys that are not cached', async () => {
    const store = new CountedKeyStore();
    const keys = await store.mint(3);
    const keyring = new Keyring(store);
    expect(await keyring.load(keys.keys())).toEqual(keys);
    expect(await keyring.load([...keys.keys(), 'unknown'])).toEqual(keys);
    expect(store.loads).toEqual([3, 1]);
  });

  test('holds a bounded number of keys', async () => {
    const store = new CountedKeyStore();
    const keys = [...(await store.mint(30)).keys()];
    const keyring = new Keyring(store, { cache_size_max: 10 });
    expect((await keyring.load(keys)).size).toBe(30);
    expect(keys.filter((id) => keyring.get(id) !== undefined)).toHaveLength(10);
  });

  test('sees its own destruction at once, also during a read', async () => {
    const store = new CountedKeyStore();
    const [id = ''] = (await store.mint(1)).keys();
    const keyring = new Keyring(store);
    const reading = keyring.load([id]);
    const destroying = keyring.destroy(id);
    await Promise.all([reading, destroying]);
    expect(keyring.get(id)).toBe('destroyed');
    expect(await store.load([id])).toEqual(new Map([[id, 'destroyed']]));
  });

  test('keeps a key when the store fails to destroy it, and may try again', async () => {
    const store = new CountedKeyStore();
    const keyring = new Keyring(store);
    const id = await keyring.take();
    const destroy = store.destroy.bind(store);
    store.destroy = () => Promise.reject(new Error('disk full'));
    await expect(keyring.destroy(id)).rejects.toThrow('disk full');
    expect((await keyring.load([id])).get(id)).toHaveLength(32);
    store.destroy = destroy;
    await keyring.destroy(id);
    expect(keyring.get(id)).toBe('destroyed');
  });

  test('notices the destruction of another instance after forget, or after a while', async () => {
    const store = new CountedKeyStore();
    const [told = '', untold = ''] = (await store.mint(2)).keys();
    const keyring = new Keyring(store, { cache_ms_max: 30 });
    await keyring.load([told, untold]);
    await new Keyring(store).destroy(told);
    await new Keyring(store).destroy(untold);
    keyring.forget(told);
    expect(keyring.get(told)).toBeUndefined();
    await sleep(60);
    const destroyed = new Map([
      [told, 'destroyed'],
      [untold, 'destroyed'],
    ]);
    expect(await keyring.load([told, untold])).toEqual(destroyed);
  });
});
