/**
 * The oversell lab: `npm run lab`. Buyers from several processes race for the units of one SKU, by
 * every approach, on real servers: with nothing in their way, with a holder that is frozen past its
 * lease, and with holders and servers that are killed.
 * Next: oversell/buy.ts for what each approach does, oversell/race.ts for what is counted,
 * oversell/faults.ts for what is done to them, oversell/findings.ts for what it shows.
 */
import { measureAndTell, runCommand, tell } from "./harness/run-command.ts";
import { readArguments } from "./oversell/arguments.ts";
import { writeDocs } from "./oversell/docs.ts";
import { runLab } from "./oversell/run-lab.ts";
import { createProgress } from "./report/progress.ts";

await runCommand(async (signal) => {
  const argv = process.argv.slice(2);
  const { json, compare, docs, ...options } = readArguments(argv);
  const telling = { json, ...(compare !== undefined && { compare }) };
  const report = await measureAndTell("lab", argv, telling, () =>
    runLab(options, signal, (totalWeight) => createProgress(process.stderr, totalWeight)),
  );
  if (docs) await writeDocs(report);
  const missed = report.parts.flatMap(({ targets }) => targets.filter(({ isMet }) => !isMet));
  for (const { name } of missed) tell(`MISSED: ${name}`);
  if (missed.length > 0) process.exitCode = 1;
});
