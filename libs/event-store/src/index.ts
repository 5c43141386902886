export * from './event-store.js';
export { MemoryEventStore } from './memory/event-store.js';
export { openEventStoreDb } from './eventstoredb/open.js';
export type { EventStoreDbEventStore, EventStoreDbOptions } from './eventstoredb/event-store.js';
export { SqliteEventStore } from './sqlite/event-store.js';
export { FileLock, Locked } from './sqlite/lock.js';
export { KeyStore, WrongMasterKey, type KeyId, type KeyState } from './key-store.js';
export { MemoryKeyStore } from './memory/key-store.js';
export { SqliteKeyStore, type SqliteKeyStoreOptions } from './sqlite/key-store.js';
export { PostgresKeyStore, type PostgresKeyStoreOptions } from './postgres/key-store.js';
export { ConnectionPool, ConnectionsBusy, isDatabaseAway, losesConnection, type PoolOptions } from './postgres/pool.js';
export { Keyring, type KeyringOptions, noKeys } from './keyring.js';
export { decrypt, encrypt } from './aes-gcm.js';
export { Catalog, type CatalogEntries, type CatalogEntry, type CatalogWords } from './catalog.js';
export {
  chainHash,
  GENESIS,
  KeyDestroyed,
  keyIdOf,
  toRecord,
  UnknownEvent,
  type Codec,
  type DomainEvent,
  type Sealed,
} from './envelope.js';
export { envelopeOf, type Actor, type Context, type Envelope, type Origin } from './metadata.js';
export { nineDigits } from './instant.js';
export { Decoder, UnreadableEvent, type Decoded } from './decoder.js';
export { decided, type Asked, type Committed, type Decided, type Decision, type Loaded, type Model } from './batch.js';
export { Repository, derivedEventId, TooManyConflicts, type RepositoryOptions } from './repository.js';
export { Claims, type Claim, type ClaimWords, type OwnedClaim, type Proposal, type Propose } from './claims.js';
export { chainStart, linked, verifyStream, type ChainHead, type FirstBad, type ChainVerdict } from './verify.js';
