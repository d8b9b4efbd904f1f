import { expect, test } from "vitest";
import { answerBytesMax } from "../../../contract/bounds.ts";
import { pageBody } from "../../../functions/page-body.ts";
import type { PageWanted } from "../../../inventory/dynamodb/list-newest.ts";

/** Returns a list of texts of the given sizes in bytes. Its cursor is the index of the next text. */
const listOf = (sizes: readonly number[]) => {
  const limits: number[] = [];
  const read = ({ limit = 0, cursor = "0" }: PageWanted) => {
    limits.push(limit);
    const end = Number(cursor) + limit;
    const items = sizes.slice(Number(cursor), end).map((size) => "x".repeat(size));
    return Promise.resolve({ items, ...(end < sizes.length && { cursor: String(end) }) });
  };
  return { read, limits };
};

const same = (item: string): string => item;

test("a page that is small enough is read once, with 50 items where no limit is wanted", async () => {
  const { read, limits } = listOf(Array(60).fill(10));
  const page = await pageBody({}, read, same);
  expect(page).toMatchObject({ cursor: "50" });
  expect(limits).toEqual([50]);
});

test("a page of large items ends early, and the pages after it go on from there", async () => {
  const sizes = Array.from({ length: 100 }, (_, index) => (index % 3 === 0 ? 380_000 : 10_000));
  const { read } = listOf(sizes);
  const shown: unknown[] = [];
  let cursor: string | undefined;
  do {
    const page = await pageBody({ limit: 100, cursor }, read, same);
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(answerBytesMax);
    expect(page.items.length).toBeGreaterThan(0);
    shown.push(...page.items);
    ({ cursor } = page);
  } while (cursor !== undefined);
  expect(shown.map((item) => (item as string).length)).toEqual(sizes);
});

test("an item that is too large by itself is a page, since no smaller one has it", async () => {
  const { read, limits } = listOf([answerBytesMax + 1, 1]);
  const page = await pageBody({ limit: 2 }, read, same);
  expect(page).toMatchObject({ cursor: "1" });
  expect(page.items).toHaveLength(1);
  expect(limits).toEqual([2, 1]);
});
