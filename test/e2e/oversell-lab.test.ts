/** The oversell lab as its users run it, with fewer units and one round. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { approachNames, approachesOf, groupOf } from "../../lab/oversell/approaches.ts";
import { readReport } from "../../lab/report/read-report.ts";
import type { Report, Result } from "../../lab/report/report.ts";
import { processesWith } from "../support/processes.ts";

const program = fileURLToPath(new URL("../../lab/oversell.ts", import.meta.url));

interface Run {
  exitCode: number;
  errorOutput: string;
  folder: string;
}

/** Runs it in a folder of its own, where it leaves its reports. */
const runLab = async (args: readonly string[], path = process.env["PATH"]!): Promise<Run> => {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-lab-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { ...process.env, PATH: path } };
    const child = execFile(process.execPath, [program, ...args], options, (_, _output, errors) =>
      resolve({ exitCode: child.exitCode ?? -1, errorOutput: errors, folder }),
    );
  });
};

const figure = (result: Result, name: string): number => result.figures[name]!.median;

const reportOf = ({ folder }: Run): Promise<Report> => readReport(join(folder, "reports/lab.json"));

test("every approach sells and fails as it is said to", { timeout: 300_000 }, async () => {
  const run = await runLab(["--units=20", "--rounds=1", "--buyers=4", "--seconds=60"]);
  expect(run).toMatchObject({ exitCode: 0 });
  const { parts } = await reportOf(run);
  expect(parts.map(({ name }) => name)).toEqual(["race", "frozen", "recovery"]);
  const [race, frozen, recovery] = parts;
  const everyRow = approachesOf(approachNames).map((one) => [groupOf(one), one.name]);
  for (const part of [race!, frozen!]) {
    expect(part.results.map(({ group, name }) => [group, name])).toEqual(everyRow);
    expect(part.targets.map(({ name, isMet }) => [name, isMet])).toEqual(
      part.targets.map(({ name }) => [name, true]),
    );
  }
  for (const result of race!.results) {
    const isUnguarded = result.name === "unguarded";
    expect(figure(result, "oversold") > 0, result.name).toBe(isUnguarded);
    if (!isUnguarded) expect(figure(result, "sold")).toBe(20);
  }
  // Under a lock alone, what was sold meanwhile is sold once more.
  const oversold = frozen!.results.map((result) => figure(result, "oversold"));
  expect(oversold.slice(1)).toEqual([10, 10, 10, 10, 10, 0, 0, 0, 0, 0, 0, 0]);
  // Every fenced one has refused the write of the holder that was frozen.
  const refused = frozen!.results.map((result) => figure(result, "staleWritesRefused"));
  expect(refused).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0]);
  const requests = race!.results.map((result) => figure(result, "requestsPerBuy"));
  // Case 2 in one update; Holdfast, which also knows the buyer, by an update and a put.
  expect(requests.slice(-2)).toEqual([1, 2]);
  expect(recovery!.results.map(({ name }) => name).toSorted()).toEqual(approachNames.toSorted());
  for (const result of recovery!.results) {
    expect(figure(result, "afterHolderKilledMs")).toBeGreaterThan(0);
    expect(figure(result, "afterServerFailedMs")).toBeGreaterThan(0);
  }
  const page = await readFile(join(run.folder, "reports/lab.html"), "utf8");
  expect(page).toContain("<!doctype html>");
});

test("without the servers it runs what it can, and says what it has left out", async () => {
  const run = await runLab(
    ["--approaches=redis,zookeeper,case-2", "--units=20", "--rounds=1", "--buyers=2"],
    [dirname(process.execPath), "/nowhere"].join(delimiter),
  );
  expect(run).toMatchObject({ exitCode: 0 });
  const { parts } = await reportOf(run);
  for (const { results } of parts) {
    const leftOut = results.filter((result) => result.leftOut !== undefined);
    expect(new Set(leftOut.map(({ name }) => name))).toEqual(new Set(["redis", "zookeeper"]));
    for (const { leftOut: reason } of leftOut)
      expect(reason).toMatch(/To install: apt-get install/);
    expect(results.find(({ name }) => name === "case-2")!.figures).not.toEqual({});
  }
});

test.each([
  [["--units=1"], "--units is a whole number from 20 to 1,000, not 1."],
  [["--compare=nowhere.json"], "There is no file nowhere.json."],
])("%j is refused before anything is started", async (args, message) => {
  const run = await runLab(args);
  expect(run).toMatchObject({ exitCode: 1, errorOutput: `${message}\n` });
});

test("it leaves nothing running when it is stopped", async () => {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-lab-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const environment = { ...process.env, TMPDIR: folder };
  const args = [program, "--approaches=redis,case-2"];
  const ended = new Promise<number | null>((resolve) => {
    const child = execFile(process.execPath, args, { cwd: folder, env: environment }, () =>
      resolve(child.exitCode),
    );
    child.stderr!.on("data", (text: string) => {
      if (text.includes("Racing")) child.kill("SIGTERM");
    });
  });
  expect(await ended).toBe(130);
  expect(await processesWith(folder)).toEqual([]);
});
