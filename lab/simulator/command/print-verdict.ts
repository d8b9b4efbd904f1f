import { writeReport } from "../../harness/run-command.ts";
import { renderReport } from "../../report/render-report.ts";
import type { Part, Report } from "../../report/report.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { scenarios } from "../scenarios/scenarios.ts";
import type { Arguments } from "./arguments.ts";
import type { Verdict } from "./judge-runs.ts";
import { renderFindings, renderHash, renderSummary } from "./render-verdict.ts";
import type { FinishedRun } from "./run-all.ts";
import { summarize } from "./summarize.ts";
import { throughputPart } from "./throughput-part.ts";

/**
 * Prints the verdict. Where the figures are the point, prints them before it and writes them as a page
 * and as JSON.
 *
 * @param close ends the report that was opened before the runs
 */
export const printVerdict = async (
  choices: Arguments,
  finished: readonly FinishedRun[],
  verdict: Verdict,
  close: (parts: Part[]) => Report,
): Promise<void> => {
  const { isThroughput }: Scenario = scenarios[choices.scenario];
  const report = isThroughput ? close([throughputPart(finished)]) : undefined;
  const lines = choices.json
    ? [JSON.stringify(summarize(finished, verdict))]
    : [
        ...(report === undefined ? [] : [renderReport(report)]),
        ...renderFindings(verdict, choices.plant),
        renderSummary(choices, finished.length, verdict),
        renderHash(verdict),
      ];
  process.stdout.write(`${lines.join("\n")}\n`);
  if (report !== undefined) await writeReport("simulate", report);
};
