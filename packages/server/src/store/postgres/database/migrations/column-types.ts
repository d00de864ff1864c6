// Types of columns that the steps share.

/** Text that is compared and sorted by its bytes, whatever language the database speaks. */
export const text = 'text COLLATE "C"';
