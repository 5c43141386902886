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

/** JSON with sorted keys; what is undefined is not there. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`;
}
