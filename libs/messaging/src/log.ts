/** The log of the library: names of things and numbers, never keys, headers or values of records. */
export interface Log {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
  debug(fields: object, message: string): void;
}

/** The loggable part of an error: its name and code; its text only for errors of the broker's client. */
export function faultFields(error: unknown): object {
  if (!(error instanceof Error)) return { error: typeof error };
  const { name, message } = error;
  const { type, code } = error as { type?: unknown; code?: unknown };
  return {
    error: name,
    ...(type !== undefined && { type }),
    ...(code !== undefined && { code }),
    ...said(name, message),
  };
}

const said = (name: string, message: string): object => (name.startsWith('KafkaJS') ? { message } : {});
