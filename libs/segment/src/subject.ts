import { type CustomerDocument, type CustomerState, toDocument } from '#customer';

/** What filters look at. */
export interface Subject {
  /** The contract's customer object. */
  readonly document: CustomerDocument;
  /** Custom events by name. */
  readonly events: Readonly<Record<string, { readonly count: number; readonly last_at: string }>>;
}

export function subjectOf(id: string, head: CustomerState['head']): Subject {
  return { document: toDocument(id, { head }), events: head.events.names ?? {} };
}
