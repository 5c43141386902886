/**
 * Grows whenever the same events fold to other states, or to states of another form: stored rows are then rebuilt from
 * the events. Version 0.1.0 counts as 1.
 */
export const FOLD_VERSION = 4;
