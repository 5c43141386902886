/** A cursor names no row of the list that it is for. */
export class UnknownCursor extends Error {
  constructor(readonly cursor: string) {
    super('a cursor names no row of its list');
  }
}
