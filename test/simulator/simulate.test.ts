/**
 * The simulator as its users run it. It tries to break the promise that a seed is one run: in a process
 * that has run others, in another process, and on whichever worker.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { readReport } from "../../lab/report/read-report.ts";
import type { Summary } from "../../lab/simulator/command/summarize.ts";
import { runSeed } from "../../lab/simulator/run-seed.ts";
import { scenarios } from "../../lab/simulator/scenarios/scenarios.ts";

const program = fileURLToPath(new URL("../../lab/simulate.ts", import.meta.url));

interface Ending {
  exitCode: number;
  output: string;
  errorOutput: string;
  /** The folder of its reports. */
  folder: string;
}

const simulate = async (args: readonly string[]): Promise<Ending> => {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-simulate-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [program, ...args],
      { cwd: folder, maxBuffer: 100 * 1024 * 1024 },
      (_, output, errorOutput) =>
        resolve({ exitCode: child.exitCode ?? -1, output, errorOutput, folder }),
    );
  });
};

const summaryOf = ({ output }: Ending): Summary => JSON.parse(output) as Summary;

test("a seed gives the same run again, in this process and in two others, on any worker", async () => {
  const args = ["mixed", "--seeds=7-9", "--seconds=4", "--json"];
  const [first, second] = await Promise.all([simulate(args), simulate(args)]);
  expect(first).toMatchObject({ exitCode: 0 });
  expect(second.output).toBe(first.output);
  const { hash, runs } = summaryOf(first);
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  const seeds = [9, 7, 8, 9];
  for (const seed of seeds) {
    const result = await runSeed({ scenario: "mixed", seed, load: { seconds: 4 } });
    expect(result.hash).toBe(runs!.find((run) => run.seed === seed)!.hash);
  }
  expect(new Set(runs!.map((run) => run.hash)).size).toBe(3);
});

const planted = ["--plant=confirmed-past-its-end", "--faults=all", "--seconds=10"];

test("a planted mistake is found, and the printed command finds it again", async () => {
  const run = await simulate(["mixed", "--seeds=1-2", ...planted]);
  expect(run.exitCode).toBe(1);
  const [violation] = run.output.match(/^VIOLATION .*$/m)!;
  expect(violation).toMatch(/^VIOLATION \w+ of \S+, seed \d, at \d+\.\d{3} ms$/);
  expect(run.output).toMatch(/^ {2}> +\d+\.\d{3} /m);
  const [, command] = /^ {2}replay +npm run simulate -- (.*)$/m.exec(run.output)!;
  expect(command).toMatch(/^mixed --seeds \d /);
  const again = await simulate(command!.split(" "));
  expect(again.exitCode).toBe(1);
  expect(again.output).toContain(violation);
});

test("--json is one object with the violations and the figures", async () => {
  const run = await simulate(["mixed", "--seeds=2", ...planted, "--json"]);
  expect(run.exitCode).toBe(1);
  expect(run.output.trimEnd()).not.toContain("\n");
  const summary = summaryOf(run);
  expect(Object.keys(summary)).toEqual([
    "scenario",
    "seed",
    "seeds",
    "violations",
    "hash",
    ...Object.keys((await runSeed({ scenario: "mixed", seed: 2, load: { seconds: 1 } })).figures),
  ]);
  expect(summary).toMatchObject({ scenario: "mixed", seed: 2, seeds: 1 });
  expect(summary.violations[0]).toEqual({
    seed: 2,
    kind: expect.any(String),
    subject: expect.any(String),
    atMs: expect.any(Number),
    message: expect.any(String),
  });
});

test("--trace prints every line, and its hash is the run's", async () => {
  const args = ["mixed", "--seeds=2", "--seconds=1"];
  const [trace, run] = await Promise.all([simulate([...args, "--trace"]), simulate(args)]);
  const lines = trace.output.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^ +\d+\.\d{3} stock-\d #1 GetItem get Stock\/Ssku-\d$/);
  expect(lines.at(-1)).toBe(run.output.trimEnd().split("\n").at(-1));
  const traced: string[] = [];
  await runSeed({
    scenario: "mixed",
    seed: 2,
    load: { seconds: 1 },
    onTrace: (line) => traced.push(line),
  });
  expect(lines.slice(0, traced.length)).toEqual(traced);
});

test("a rate curve is a table, a page and a report", async () => {
  const run = await simulate(["flash-sale", "--rate=20,40", "--seconds=1", "--shards=2"]);
  expect(run).toMatchObject({ exitCode: 0 });
  expect(run.output).toMatch(/^ {2}20 buyers\/s .*\n {2}40 buyers\/s /m);
  const { parts } = await readReport(join(run.folder, "reports/simulate.json"));
  expect(parts.map(({ name }) => name)).toEqual(["flash-sale"]);
  const page = await readFile(join(run.folder, "reports/simulate.html"), "utf8");
  expect(page).toContain(scenarios["flash-sale"].description);
});

test.each([
  [["--seeds=0"], "from 1 to 1,000,000, not 0."],
  [["flash-sale", "--rate=64001"], "--rate is a whole number from 1 to 64,000, not 64001."],
  [["nothing"], 'There is no scenario "nothing"; there are: mixed,'],
])("%j is refused before anything is run", async (args, message) => {
  const run = await simulate(args);
  expect(run).toMatchObject({ exitCode: 1, output: "" });
  expect(run.errorOutput).toContain(message);
});

test("SIGTERM stops it", async () => {
  const ended = new Promise<number | null>((resolve) => {
    const child = execFile(process.execPath, [program, "mixed"], () => resolve(child.exitCode));
    child.stderr!.once("data", () => child.kill("SIGTERM"));
  });
  expect(await ended).toBe(130);
});
