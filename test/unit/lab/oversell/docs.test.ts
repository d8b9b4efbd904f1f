/** docs/locks.md and the README show what the lab has found, of all approaches that there are. */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { startContender } from "../../../../lab/locks/contenders.ts";
import { approachNames, lockNames } from "../../../../lab/oversell/approaches.ts";
import { replaceMeasured, writeDocs } from "../../../../lab/oversell/docs.ts";
import { labReport } from "../../../support/example-reports.ts";

const read = (path: string): Promise<string> =>
  readFile(new URL(`../../../../${path}`, import.meta.url), "utf8");

const page = await read("docs/locks.md");

/** The first cells of the rows of the table whose header begins so. */
const rowsOf = (header: RegExp): string[] => {
  const lines = page.split("\n");
  const first = lines.findIndex((line) => header.test(line));
  const table = lines.slice(first + 2);
  const end = table.findIndex((line) => !line.startsWith("|"));
  return table.slice(0, end).map((line) => line.split("|")[1]!.trim());
};

describe("docs/locks.md", () => {
  it("has a row of figures for each approach, by a command and on a day", () => {
    expect(rowsOf(/^\| +\| Sold/)).toEqual(approachNames);
    expect(page).toMatch(/^`npm run lab -- .*--docs` on \d{4}-\d\d-\d\d, on \d+ × /m);
  });

  it("has a row for each approach in the comparison", () => {
    expect(rowsOf(/^\| Approach /)).toEqual(approachNames);
  });

  it("tells of the locks that there are", () => {
    expect(lockNames).toEqual(Object.keys(startContender));
    const columns = /^\| +\| (dynamodb .*) \|$/m.exec(page)![1]!.split("|");
    expect(columns.map((name) => name.trim())).toEqual(lockNames);
  });

  it("says how many times as much Case 2 sells as the best lock", () => {
    expect(page).toMatch(/^Case 2 sells [\d.]+ times as many units a second as the best lock/m);
  });
});

describe("what is written of a run", () => {
  it("takes the place of what was there, and of nothing else", () => {
    const [before, after] = [page.indexOf("<!-- Written by"), page.indexOf("<!-- to here -->")];
    const replaced = replaceMeasured(page, "NEW");
    expect(replaced).toBe(
      `${page.slice(0, before)}NEW${page.slice(after + "<!-- to here -->".length)}`,
    );
  });

  it("needs a place", () => {
    expect(() => replaceMeasured("# Locks", "NEW")).toThrow("no place for the lab's table");
  });

  it("needs a run in which no server was missing", async () => {
    await expect(writeDocs(labReport)).rejects.toThrow("The documentation shows all approaches.");
    expect(await read("docs/locks.md")).toBe(page);
  });
});

it("the README's chart has a mark for each way", async () => {
  const chart = await read("docs/lab.svg");
  expect(await read("README.md")).toContain("(docs/lab.svg)");
  expect(chart.match(/class="[^"]*\bmark\b/g)).toHaveLength(3 + 2 * lockNames.length);
});
