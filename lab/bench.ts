/**
 * The benchmarks: `npm run bench -- [name …] [--json]`, and
 * `npm run bench -- reserve --endurance`. Each is measured against something that runs
 * beside it in the same minute, and is told as a ratio to that: a figure alone says more about the
 * machine. The lab calls the doors that everybody has (the engine's functions, HTTP, the synthesized
 * app) and refuses to know how the local run is made: it starts it as a user does.
 * Next: harness/ for rounds and arithmetic, then one folder per benchmark.
 */
import { readArguments, UsageError } from "./harness/arguments.ts";
import type { Benchmark } from "./harness/benchmark.ts";
import { openReport, type Part } from "./report/report.ts";
import { renderReport } from "./report/render-report.ts";
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

/** What stops the process by itself would leave the app that we have started. */
const stopSignal = (): AbortSignal => {
  const aborter = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => aborter.abort(new Error(`Stopped by ${name}.`)));
  }
  return aborter.signal;
};

/** The table, or the JSON, is all that goes to the standard output. */
const tell = (progress: string): void => void process.stderr.write(`${progress}\n`);

const run = async (signal: AbortSignal): Promise<void> => {
  const { names, json, endurance } = readArguments(process.argv.slice(2), Object.keys(benchmarks));
  const close = openReport(`npm run bench -- ${process.argv.slice(2).join(" ")}`.trimEnd());
  const parts: Part[] = [];
  for (const name of names) {
    const benchmark = benchmarks[name]!;
    tell(`${name}: ${benchmark.description}`);
    const findings = await benchmark.run({ signal, tell, endurance });
    parts.push({ name, title: benchmark.description, ...findings });
  }
  const report = close(parts);
  process.stdout.write(`${json ? JSON.stringify(report) : renderReport(report)}\n`);
};

const signal = stopSignal();
try {
  await run(signal);
} catch (error) {
  // Whatever broke because we were told to stop is no failure of its own.
  const cause = (signal.aborted ? signal.reason : error) as Error;
  const isExpected = signal.aborted || cause instanceof UsageError;
  process.stderr.write(`${isExpected ? cause.message : cause.stack}\n`);
  process.exitCode = signal.aborted ? 130 : 1;
}
