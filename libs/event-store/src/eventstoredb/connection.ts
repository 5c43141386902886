import { type Credentials, EventStoreDBClient } from '@eventstore/db-client';

/** Two clients on one server or cluster: a broken append must not take the subscriptions with it. */
export interface Connection {
  readonly writer: EventStoreDBClient;
  readonly reader: EventStoreDBClient;
  /**
   * Given with every call: with them the client appends by single calls that have a deadline, without them over one
   * shared call that has none and whose failures cross over to other clients.
   */
  readonly credentials: Credentials;
}

/** Sent to nobody: the client keeps credentials from insecure connections. */
const NOBODY: Credentials = { username: 'nobody', password: 'nobody' };

/** `esdb://user:password@host:port?tls=true`, several hosts, `esdb+discover://`; `kurrentdb` means the same. Throws on others. */
export function connect(url: string): Connection {
  const text = url.replace(/^kurrentdb/, 'esdb');
  const [, username, password] = /^esdb(?:\+discover)?:\/\/(?:([^:@/]+):([^@/]*)@)?/.exec(text) ?? [];
  const isSecure = !/[?&]tls=false\b/i.test(text);
  const isNamed = username !== undefined && password !== undefined;
  if (isSecure && !isNamed) throw new TypeError('an event store with TLS needs user:password in its address');
  return {
    writer: EventStoreDBClient.connectionString(text),
    reader: EventStoreDBClient.connectionString(text),
    credentials: isNamed ? { username: decodeURIComponent(username), password: decodeURIComponent(password) } : NOBODY,
  };
}
