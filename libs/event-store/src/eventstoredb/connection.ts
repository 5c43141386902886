import { type Credentials, EventStoreDBClient } from '@eventstore/db-client';

/** Two clients on one server or cluster, so that a broken append does not end the subscriptions. */
export interface Connection {
  readonly writer: EventStoreDBClient;
  readonly reader: EventStoreDBClient;
  /**
   * Sent with every call: with them the client makes one call per append, with a deadline; without them it uses one
   * shared call without a deadline, whose failures affect other clients.
   */
  readonly credentials: Credentials;
}

/** The client never sends credentials over an insecure connection; it only needs some. */
const UNUSED: Credentials = { username: 'unused', password: 'unused' };

/** `esdb://user:password@host:port?tls=true`, several hosts, `esdb+discover://`; `kurrentdb` is the same. Throws on others. */
export function connect(url: string): Connection {
  const text = url.replace(/^kurrentdb/, 'esdb');
  const [, username, password] = /^esdb(?:\+discover)?:\/\/(?:([^:@/]+):([^@/]*)@)?/.exec(text) ?? [];
  const isSecure = !/[?&]tls=false\b/i.test(text);
  const isNamed = username !== undefined && password !== undefined;
  if (isSecure && !isNamed) throw new TypeError('an event store with TLS needs user:password in its address');
  return {
    writer: EventStoreDBClient.connectionString(text),
    reader: EventStoreDBClient.connectionString(text),
    credentials: isNamed ? { username: decodeURIComponent(username), password: decodeURIComponent(password) } : UNUSED,
  };
}
