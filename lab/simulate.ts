/**
 * The simulator: `npm run simulate`. It runs Holdfast's core on a simulated AWS in virtual time, one
 * run for each seed, and checks every commit and every answer. A seed always gives the same run.
 * Next: simulator/scenarios for the loads, simulator/checks for the promises, simulator/command for
 * the arguments, the workers and the output, simulator/run-seed.ts for one run.
 */
import { commandOf, runCommand } from "./harness/run-command.ts";
import { openReport } from "./report/report.ts";
import { readArguments } from "./simulator/command/arguments.ts";
import { judgeRuns } from "./simulator/command/judge-runs.ts";
import { printVerdict } from "./simulator/command/print-verdict.ts";
import { runChoices } from "./simulator/command/run-choices.ts";

await runCommand(async (signal) => {
  const argv = process.argv.slice(2);
  const choices = readArguments(argv);
  const close = openReport(commandOf("simulate", argv));
  const finished = await runChoices(choices, signal);
  const verdict = judgeRuns(finished);
  await printVerdict(choices, finished, verdict, close);
  if (verdict.violations.length > 0) process.exitCode = 1;
});
