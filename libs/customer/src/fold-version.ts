/**
 * Grows whenever the same events make other states, or states of another form: rows kept of them are then rebuilt
 * from the events. Version 0.1.0 counts as 1.
 */
export const FOLD_VERSION = 3;
