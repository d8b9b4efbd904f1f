import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { problemsByCode } from "../../../contract/problems-by-code.ts";

import { routes } from "../../../contract/routes.ts";

const page = await readFile(new URL("../../../docs/api.md", import.meta.url), "utf8");

test("the page on the API has a heading for every route, and no other", () => {
  const headings = [...page.matchAll(/^### `(\w+) ([^`?]+)/gm)].map(([, method, path]) => [
    method,
    path,
  ]);
  const expected = Object.values(routes).map(({ method, path }) => [method, path]);
  expect(headings.toSorted()).toEqual(expected.toSorted());
});

test("the page on the API has every code, under its status", () => {
  const rows = [...page.matchAll(/^\| *([\d, ]*) *\| *(.*?) *\|$/gm)];
  for (const [code, { status }] of Object.entries(problemsByCode)) {
    let inRow = "";
    const found = rows.some(([, statuses, text]) => {
      inRow = statuses!.trim() || inRow;
      return inRow.includes(String(status)) && text!.includes(`\`${code}\``);
    });
    expect(found, `${status} ${code}`).toBe(true);
  }
});
