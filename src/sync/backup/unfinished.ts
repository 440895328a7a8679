/** Setting that is there while a store holds only a part of a backup. */
export const UNFINISHED_RESTORE = 'restoring';
