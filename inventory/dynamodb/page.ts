export interface Page<Item> {
  items: Item[];
  /** Present when there is more. */
  cursor?: string;
}

/** How many items to ask for: one more than is shown tells whether there is another page. */
export const readLimit = (limit: number): number => limit + 1;

/** The page of what was read with `readLimit`; `cursorAfter` makes the cursor from its last item. */
export const pageOf = <Item>(
  read: readonly Item[],
  limit: number,
  cursorAfter: (last: Item) => string,
): Page<Item> => {
  const items = read.slice(0, limit);
  const last = items.at(-1);
  return read.length > limit && last !== undefined
    ? { items, cursor: cursorAfter(last) }
    : { items };
};
