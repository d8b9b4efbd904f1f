/** Does the work for each item, with a bounded number of them side by side. */
export const forEach = async <Item>(
  items: Iterable<Item>,
  inFlight: number,
  work: (item: Item) => Promise<void>,
): Promise<void> => {
  const rest = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = rest.next(); !next.done; next = rest.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
};

/** The results of the work for each item, in their order, with a bounded number side by side. */
export const mapEach = async <Item, Result>(
  items: readonly Item[],
  inFlight: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> => {
  const results: Result[] = [];
  await forEach(items.entries(), Math.min(inFlight, items.length), async ([index, item]) => {
    results[index] = await work(item);
  });
  return results;
};
