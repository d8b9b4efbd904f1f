/** Lists that Holdfast returns page by page. */
import { exchange } from "./call.ts";
import { faultOf } from "./fault.ts";
import type { OperationId } from "./generated/operations.ts";
import type { CallOptions, Settings } from "./options.ts";
import type { CallRequest } from "./request.ts";

export interface Page<Item> {
  items: Item[];
  /** The cursor of the next page. Undefined on the last page. */
  cursor?: string;
}

/**
 * The items of a list. A page is requested when the loop comes to it, and one page at a time is in memory.
 * Iterating again begins again.
 */
export interface Listing<Item> extends AsyncIterable<Item> {
  /** The same list page by page. A page may have fewer items than `limit`, even none. */
  pages(): AsyncIterable<Page<Item>>;
}

export const list = <Item>(
  settings: Settings,
  operation: OperationId,
  request: CallRequest = {},
  options: CallOptions = {},
): Listing<Item> => {
  const pages = () => readPages<Item>(settings, operation, request, options);
  return {
    pages,
    [Symbol.asyncIterator]: async function* items() {
      for await (const page of pages()) yield* page.items;
    },
  };
};

async function* readPages<Item>(
  settings: Settings,
  operation: OperationId,
  request: CallRequest,
  options: CallOptions,
): AsyncGenerator<Page<Item>, void> {
  let cursor = request["cursor"];
  do {
    const { sent, outcome } = await exchange(settings, operation, { ...request, cursor }, options);
    const page = outcome as Page<Item> | undefined;
    // A page that leads to itself would never end.
    const isPage = Array.isArray(page?.items) && (!page.cursor || page.cursor !== cursor);
    if (!isPage) throw faultOf(operation, sent);
    cursor = page.cursor;
    yield { items: page.items, ...(page.cursor !== undefined && { cursor: page.cursor }) };
  } while (cursor !== undefined);
}
