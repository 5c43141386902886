import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import {
  blank,
  customer,
  type CustomerEvent,
  type CustomerState,
  personal,
  toDocument,
  upcast,
  versions,
} from '#customer';
import { Decoder, Keyring, SqliteEventStore, SqliteKeyStore, verifyStream } from '#event-store';
import { ReadModel } from '#read-model';

/** The content of a stopped service's directory, judged from the log alone. */
export interface Audit {
  /** The number of times that each fact, and each row of an asynchronous action (`source id`), was recorded. */
  readonly origins: ReadonlyMap<string, number>;
  readonly customers: number;
  /** Streams whose chain does not verify, and customers whose row differs from a fresh fold. */
  readonly faults: readonly string[];
}

/** Reads the whole log of a directory, verifies every chain, folds every customer afresh and compares the read model. */
export async function audit(directory: string): Promise<Audit> {
  const master_key = Buffer.from(readFileSync(join(directory, 'master.key'), 'utf8').trim(), 'base64');
  const store = await SqliteEventStore.open({ file: join(directory, 'events.db'), readonly: true });
  const keys = await SqliteKeyStore.open({ file: join(directory, 'keys.db'), master_key });
  const model = await ReadModel.open({ file: join(directory, 'read-model.db'), readonly: true });
  const decoder = new Decoder<CustomerEvent>({ personal, versions, upcast }, new Keyring(keys));
  const origins = new Map<string, number>();
  const streams = new Map<string, CustomerState>();
  const faults: string[] = [];
  for await (const recorded of store.readAll()) {
    if (!streams.has(recorded.stream)) streams.set(recorded.stream, blank);
    if (!recorded.stream.startsWith('customer-')) continue;
    for (const { event, envelope } of await decoder.decode([recorded])) {
      streams.set(recorded.stream, customer.evolve(streams.get(recorded.stream) ?? blank, event));
      if (envelope.origin && (!event.type.startsWith('Customer') || isRow(envelope.origin)))
        count(origins, `${envelope.origin.source} ${envelope.origin.id}`);
    }
  }
  let customers = 0;
  for (const [stream, state] of streams) {
    const { valid, first_bad } = await verifyStream(store.read(stream));
    if (!valid) faults.push(`${stream}: ${JSON.stringify(first_bad)}`);
    if (!stream.startsWith('customer-') || state.status !== 'active') continue;
    customers++;
    const id = stream.slice('customer-'.length);
    const row = await model.customer(id);
    if (row?.document !== JSON.stringify(toDocument(id, state)))
      faults.push(`${stream}: the read model differs from the fold`);
  }
  await Promise.all([store.close(), keys.close(), model.close()]);
  return { origins, customers, faults };
}

/** A customer named by a fact may come into being with it; a row of a bulk update leaves one event. */
const isRow = ({ source }: { readonly source: string }): boolean => source.startsWith('/v1/async-actions/');

const count = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
