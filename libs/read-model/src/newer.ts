/** A newer version of this program has been at work on it: what that made we cannot read. */
export class NewerReadModel extends Error {
  constructor() {
    super('the read model was made by a newer version of this program');
  }
}
