import { canonical } from '#encoding';

/** What makes a fact the fact that it is; the id of its CloudEvent plays no part. */
interface Statement {
  readonly source: string;
  readonly sequence: string | undefined;
  readonly type: string;
  readonly time: string;
  readonly data: object;
}

/** One text for one fact, however its sender wrote it down. */
export function identityOf({ source, sequence, type, time, data }: Statement): string {
  // the type is there already
  const { told_as: _, ...said } = data as { readonly told_as?: unknown };
  return canonical([source, sequence ?? null, type, time, said]);
}
