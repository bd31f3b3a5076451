/** A reader module that cannot be loaded. */
export const read = undefined;

throw new Error('not today');
