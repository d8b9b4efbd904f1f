/** The body of a page of a list. */
import { answerBytesMax, pageSizeDefault } from "../contract/bounds.ts";
import type { PageWanted } from "../inventory/dynamodb/list-newest.ts";
import type { Page } from "../inventory/dynamodb/page.ts";

/**
 * A page whose body is within `answerBytesMax`: where its items are too large for that, it ends early, and its cursor
 * goes on from there. It is then read again with a smaller limit, which few pages need.
 */
export const pageBody = async <Item>(
  wanted: PageWanted,
  read: (wanted: PageWanted) => Promise<Page<Item>>,
  bodyOf: (item: Item) => unknown,
): Promise<Page<unknown>> => {
  for (let limit = wanted.limit ?? pageSizeDefault; ;) {
    const { items, ...page } = await read({ ...wanted, limit });
    const body = { items: items.map(bodyOf), ...page };
    const bytes = Buffer.byteLength(JSON.stringify(body));
    if (bytes <= answerBytesMax || limit === 1) return body;
    limit = Math.max(1, Math.floor((limit * answerBytesMax) / bytes));
  }
};
