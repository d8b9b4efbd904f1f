import { judgeRuns } from "./simulator/command/judge-runs.ts";
import { runAll } from "./simulator/command/run-all.ts";
import { mistakeNames, mistakes } from "./simulator/mistakes.ts";
import { scenarios } from "./simulator/scenarios/scenarios.ts";
for (const plant of mistakeNames) {
  const { scenario = "mixed", seed = 1 } = mistakes[plant];
  const stop = new AbortController();
  const runs = Array.from({ length: 80 }, (_, i) => ({ scenario, seed: seed + i, load: scenarios[scenario].load, faults: "all" as const }));
  let found: number | undefined;
  const listener = { onEnd: (f: any) => { if (judgeRuns([f]).violations.length > 0) { found ??= f.run.seed; stop.abort(new Error("x")); } }, onTrace: () => {} };
  await runAll(runs, { plant, trace: false }, listener, stop.signal).catch(() => {});
  console.log(plant, found);
}
