import { canonical } from '#encoding';

/** The content that identifies a fact; the id of its CloudEvent plays no part. */
interface Statement {
  readonly source: string;
  readonly sequence: string | undefined;
  readonly type: string;
  readonly time: string;
  readonly data: object;
}

/** The canonical text of a fact, independent of its notation. */
export function identityOf({ source, sequence, type, time, data }: Statement): string {
  // `type` already says the same
  const { told_as: _, ...content } = data as { readonly told_as?: unknown };
  return canonical([source, sequence ?? null, type, time, content]);
}
