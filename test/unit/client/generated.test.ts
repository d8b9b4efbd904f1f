import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { generatedFiles } from "../../../bin/generate-client/generated-files.ts";
import { operations } from "../../../client/generated/operations.ts";
import { routes } from "../../../contract/routes.ts";

test("the generated files are those of the contract: npm run generate:client writes them", async () => {
  for (const [path, text] of await generatedFiles()) {
    expect(await readFile(path, "utf8")).toBe(text);
  }
});

test("the table of operations has every route, with its method and its path", () => {
  const tableOf = (table: Record<string, { method: string; path: string }>) =>
    Object.entries(table)
      .map(([id, { method, path }]) => [id, method, path])
      .toSorted();
  expect(tableOf(operations)).toEqual(tableOf(routes));
});
