import { parentPort, workerData } from 'node:worker_threads';
import { Decoder, Keyring, SqliteEventStore, SqliteKeyStore } from '#event-store';
import { Projector, ReadModel } from '#read-model';
import { customerCodec } from '../adapters.module.js';
import type { FromProjector, ProjectorTask } from './messages.js';
