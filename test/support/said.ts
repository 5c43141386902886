export type Shown = string | number | boolean | undefined;

/** A statement of a test about one value; the path is that of the document it is shown in. */
export interface Said {
  /** An order's id, or `customer`. */
  readonly of: string;
  readonly path: string;
  readonly value: Shown;
}

interface Request {
  readonly kind: 'command' | 'fact';
  readonly said: readonly Said[];
  readonly sent_ms: number;
  readonly text: string;
}

/** All that commands said about a customer and the customer's orders, with the requests that said it. */
export class Person {
  readonly orders: string[] = [];
  /** Without those that a later fact may have overridden. */
  private readonly standing = new Map<string, Said>();
  private readonly requests: Request[] = [];

  constructor(readonly source_id: string) {}

  command(said: readonly Said[], sent_ms: number, text: string): void {
    for (const one of said) this.standing.set(keyOf(one), one);
    this.requests.push({ kind: 'command', said, sent_ms, text });
  }

  /** A fact that is not older than the last commands about its values: they need not be shown any more. */
  override(said: readonly Said[]): void {
    for (const one of said) this.standing.delete(keyOf(one));
  }

  fact(said: readonly Said[], sent_ms: number, text: string): void {
    this.requests.push({ kind: 'fact', said, sent_ms, text });
  }

  expected(of: string): Said[] {
    return [...this.standing.values()].filter((one) => one.of === of);
  }

  /** When the first of the last commands about these values was sent; undefined where there was none about any of them. */
  commandedAt(said: readonly Said[]): number | undefined {
    const times = said.map((one) => this.about(one).findLast(({ kind }) => kind === 'command')?.sent_ms);
    return times.reduce((least, time) => (time === undefined ? least : Math.min(time, least ?? time)), undefined);
  }

  /** The last command about a value, the statement before it, and all requests from there on. */
  requestsSince(one: Said): string[] {
    const about = this.about(one);
    const last = about.findLastIndex(({ kind }) => kind === 'command');
    const first = about[Math.max(0, last - 1)];
    return this.requests.slice(first && this.requests.indexOf(first)).map(({ text }) => text);
  }

  private about(one: Said): Request[] {
    return this.requests.filter(({ said }) => said.some((other) => keyOf(other) === keyOf(one)));
  }
}

const keyOf = ({ of, path }: Said): string => `${of} ${path}`;

/** The value at a dotted path of a document. */
export function shownAt(document: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | null | undefined)?.[key], document);
}
