/** Parts that the lab's commands share: `npm run bench`, `npm run lab` and `npm run simulate`. */
import { mkdir, writeFile } from "node:fs/promises";
import { compareReports } from "../report/compare.ts";
import { renderPage } from "../report/page/render-page.ts";
import { readReport } from "../report/read-report.ts";
import { renderComparison } from "../report/render-comparison.ts";
import { renderReport } from "../report/render-report.ts";
import { openReport, type Part, type Report } from "../report/report.ts";
import { UsageError } from "./usage-error.ts";

export interface Telling {
  json: boolean;
  /** Path of an earlier report. */
  compare?: string;
}

/** A script of package.json that measures. */
export type ScriptName = "bench" | "lab" | "simulate";

/** What was found is all that goes to the standard output. */
export const tell = (progress: string): void => void process.stderr.write(`${progress}\n`);

/** Where a run leaves its page and its JSON: in the folder where it was started. */
const reportsFolder = "reports";

/**
 * Has `measure` run and tells of what it found: on the standard output, and as a page and as JSON in
 * the folder `reports`.
 *
 * @param name the script of package.json's
 * @throws UsageError before anything is measured, where there is nothing to compare with
 */
export const measureAndTell = async (
  name: ScriptName,
  argv: readonly string[],
  { json, compare }: Telling,
  measure: () => Promise<Part[]>,
): Promise<Report> => {
  const old = compare === undefined ? undefined : await readReport(compare);
  const close = openReport(commandOf(name, argv));
  const report = close(await measure());
  process.stdout.write(`${json ? JSON.stringify(report) : renderReport(report)}\n`);
  if (old !== undefined) {
    const comparison = renderComparison(compareReports(old, report));
    if (json) tell(comparison);
    else process.stdout.write(`${comparison}\n`);
  }
  await writeReport(name, report);
  return report;
};

/** Returns a command as it was typed: `npm run bench -- reserve`. */
export const commandOf = (name: ScriptName, argv: readonly string[]): string =>
  [`npm run ${name}`, ...(argv.length > 0 ? ["--", ...argv] : [])].join(" ");

/** Writes a report as a page and as JSON into the folder `reports`. */
export const writeReport = async (name: ScriptName, report: Report): Promise<void> => {
  await mkdir(reportsFolder, { recursive: true });
  await writeFile(`${reportsFolder}/${name}.json`, `${JSON.stringify(report)}\n`);
  await writeFile(`${reportsFolder}/${name}.html`, renderPage(report));
  tell(`The page with its charts: ${reportsFolder}/${name}.html`);
};

/** What stops the process by itself would leave the servers that we have started. */
const stopSignal = (): AbortSignal => {
  const aborter = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => aborter.abort(new Error(`Stopped by ${name}.`)));
  }
  // A pipe that is closed, as by `| head`.
  process.stdout.on("error", (error) => aborter.abort(error));
  return aborter.signal;
};

/** Runs it until it ends or is stopped, and says by the exit code how it ended. */
export const runCommand = async (run: (signal: AbortSignal) => Promise<void>): Promise<void> => {
  const signal = stopSignal();
  try {
    await run(signal);
  } catch (error) {
    // Whatever broke because we were told to stop is no failure of its own.
    const cause = (signal.aborted ? signal.reason : error) as Error;
    const isExpected = signal.aborted || cause instanceof UsageError;
    tell(String(isExpected ? cause.message : cause.stack));
    process.exitCode = signal.aborted ? 130 : 1;
  }
};
