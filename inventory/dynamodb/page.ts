export interface Page<Item> {
  items: Item[];
  /** Present when there is more. */
  cursor?: string;
}

/** How many items to ask for: one more than is shown tells whether there is another page. */
export const readLimit = (limit: number): number => limit + 1;

/**
 * The page of what was read with `readLimit`; `cursorAfter` makes the cursor from its last item. DynamoDB may have
 * read fewer items though there are more: 1 MB at most.
 */
export const pageOf = <Item>(
  { Items = [], LastEvaluatedKey }: { Items?: unknown[]; LastEvaluatedKey?: object },
  limit: number,
  cursorAfter: (last: Item) => string,
): Page<Item> => {
  const items = (Items as Item[]).slice(0, limit);
  const last = items.at(-1);
  const hasMore = Items.length > limit || LastEvaluatedKey !== undefined;
  return hasMore && last !== undefined ? { items, cursor: cursorAfter(last) } : { items };
};
