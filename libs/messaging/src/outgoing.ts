/** An outgoing message; a `null` value is a tombstone. */
export interface Outgoing {
  readonly topic: 'events' | 'customers';
  readonly key: string;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}
