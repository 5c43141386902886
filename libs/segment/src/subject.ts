import { type CustomerDocument, type CustomerState, toDocument } from '#customer';

/** The data that filters read. */
export interface Subject {
  /** The contract's customer object. */
  readonly document: CustomerDocument;
  /** Custom events by name. */
  readonly events: Readonly<Record<string, { readonly count: number; readonly last_at: string }>>;
  /** Publications that the customer received. */
  readonly publications: { readonly created_at?: string | undefined; readonly related_object_id?: readonly string[] };
}

export function subjectOf(id: string, head: CustomerState['head']): Subject {
  return { document: toDocument(id, { head }), events: head.events.names ?? {}, publications: head.publications ?? {} };
}
