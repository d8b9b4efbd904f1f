/**
 * The benchmarks: `npm run bench -- [name …] [--json] [--compare old.json]`, and
 * `npm run bench -- reserve --endurance`. Each is measured against something that runs
 * beside it in the same minute, and is told as a ratio to that: a figure alone says more about the
 * machine. The lab calls the doors that everybody has (the engine's functions, HTTP, the synthesized
 * app) and refuses to know how the local run is made: it starts it as a user does.
 * Next: harness/ for rounds and arithmetic, then one folder per benchmark.
 */
import { shareAssembly } from "./app/synthesize.ts";
import { withResources } from "./app/with-resources.ts";
import { readArguments } from "./harness/arguments.ts";
import type { Benchmark } from "./harness/benchmark.ts";
import { measureAndTell, runCommand, tell } from "./harness/run-command.ts";
import type { Part } from "./report/report.ts";
import { coldBenchmark } from "./cold/cold-benchmark.ts";
import { eventsBenchmark } from "./events/events-benchmark.ts";
import { locksBenchmark } from "./locks/locks-benchmark.ts";
import { ordersBenchmark } from "./orders/orders-benchmark.ts";
import { reserveBenchmark } from "./reserve/reserve-benchmark.ts";

const benchmarks: Record<string, Benchmark> = {
  reserve: reserveBenchmark,
  orders: ordersBenchmark,
  events: eventsBenchmark,
  locks: locksBenchmark,
  cold: coldBenchmark,
};

const measure = (names: string[], endurance: boolean, signal: AbortSignal): Promise<Part[]> =>
  withResources(async (resources) => {
    const context = { signal, tell, assembly: shareAssembly(resources, tell), endurance };
    const parts: Part[] = [];
    for (const name of names) {
      const benchmark = benchmarks[name]!;
      tell(`${name}: ${benchmark.description}`);
      const beganAtMs = performance.now();
      const findings = await benchmark.run(context);
      tell(`${name}: took ${Math.round((performance.now() - beganAtMs) / 1000)} s`);
      parts.push({ name, title: benchmark.description, ...findings });
    }
    return parts;
  });

await runCommand(async (signal) => {
  const argv = process.argv.slice(2);
  const { names, endurance, ...telling } = readArguments(argv, Object.keys(benchmarks));
  await measureAndTell("bench", argv, telling, () => measure(names, endurance, signal));
});
