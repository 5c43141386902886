import { keyStoreContract } from '../key-store.contract.js';
import { MemoryKeyStore } from './key-store.js';

keyStoreContract('memory', () => Promise.resolve({ store: new MemoryKeyStore() }));
