import { FOLD_VERSION } from '#customer';

/**
 * The name under which those who fold by a version share out their shards. Each version has its own: when rows are made
 * anew by another one, whoever still runs the former finds no shard that is theirs, and cannot write.
 */
export const projectorOf = (fold_version: number): string =>
  fold_version === 1 ? 'projector' : `projector-${fold_version}`;

export const PROJECTOR = projectorOf(FOLD_VERSION);
