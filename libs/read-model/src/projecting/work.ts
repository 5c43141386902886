import { FOLD_VERSION } from '#customer';

/**
 * The name of the shards of the projectors of one fold version. Each version has its own: once another version rebuilds
 * the rows, an instance of the former one holds no shard and cannot write.
 */
export const projectorOf = (fold_version: number): string =>
  fold_version === 1 ? 'projector' : `projector-${fold_version}`;

export const PROJECTOR = projectorOf(FOLD_VERSION);
