import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UsageError } from "../../../../lab/harness/usage-error.ts";
import { readReport } from "../../../../lab/report/read-report.ts";
import { fullReport } from "./full-report.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-reports-"));
});
afterAll(() => rm(folder, { recursive: true }));

const written = async (name: string, text: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};

/** The message for a file, without its path, which must come first. */
const refusalOf = async (path: string): Promise<string> => {
  const error: unknown = await readReport(path).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UsageError);
  const { message } = error as UsageError;
  expect(message).toContain(path);
  expect(message).not.toContain("\n");
  return message.replace(path, "…");
};

describe("an earlier report", () => {
  it("is read as it was printed", async () => {
    const path = await written("report.json", `${JSON.stringify(fullReport())}\n`);
    expect(await readReport(path)).toEqual(fullReport());
  });

  it("is refused when there is no such file", async () => {
    expect(await refusalOf(join(folder, "missing.json"))).toBe("There is no file ….");
  });

  it("is refused when it is no file that can be read", async () => {
    await mkdir(join(folder, "a-folder"));
    expect(await refusalOf(join(folder, "a-folder"))).toMatch(/^… cannot be read: EISDIR/);
  });

  it("is refused when it is not JSON, such as the table for a terminal", async () => {
    const table = await written("table.txt", "npm run bench\n2 × A Processor\n");
    expect(await refusalOf(table)).toMatch(/^… is not JSON: .*\.$/);
    expect(await refusalOf(await written("empty.json", ""))).toMatch(/^… is not JSON: /);
  });

  it("is refused when it is of another schema, or of none", async () => {
    const needed = 'where "holdfast-report/1" is needed: only what --json printed can be compared.';
    const other = JSON.stringify({ ...fullReport(), schema: "holdfast-report/0" });
    expect(await refusalOf(await written("other.json", other))).toBe(
      `… is of schema "holdfast-report/0", ${needed}`,
    );
    for (const json of ["{}", "[]", "null", "7"]) {
      expect(await refusalOf(await written("none.json", json))).toBe(`… has no schema, ${needed}`);
    }
  });

  it("is refused where it says that it is one and is not, with the place", async () => {
    const { machine: _, ...withoutMachine } = fullReport();
    expect(await refusalOf(await written("less.json", JSON.stringify(withoutMachine)))).toBe(
      "… is no report: it must have required property 'machine'.",
    );
    const more = JSON.stringify({ ...fullReport(), comparison: {} });
    expect(await refusalOf(await written("more.json", more))).toBe(
      "… is no report: it must NOT have additional properties (comparison).",
    );
    const report = fullReport();
    Object.assign(report.parts[0]!.results[0]!.figures["requests"]!, { median: null });
    expect(await refusalOf(await written("null.json", JSON.stringify(report)))).toBe(
      "… is no report: /parts/0/results/0/figures/requests/median must be number.",
    );
  });
});
