/** The cursor names no row of its list. */
export class UnknownCursor extends Error {
  constructor(readonly cursor: string) {
    super('a cursor names no row of its list');
  }
}
