/** The runs of a command: one for each seed and rate, and the command that repeats one of them. */
import { faultLevels } from "../faults.ts";
import type { RunOptions } from "../run-seed.ts";
import type { Load, Scenario } from "../scenarios/scenario.ts";
import { scenarios } from "../scenarios/scenarios.ts";
import type { MistakeName } from "../mistakes.ts";
import type { Arguments } from "./arguments.ts";

/** One run, as it is sent to a worker. */
export type Run = Omit<RunOptions, "onTrace" | "load"> & { load: Load };

/** Returns the runs in the order in which they are printed: by rate, then by seed. */
export const runsOf = (choices: Arguments): Run[] => {
  const { scenario, seeds, faults, concurrency, tableUnits } = choices;
  const { refusalMemoryMs, expiryPartitions } = choices;
  const usual: Load = scenarios[scenario].load;
  const { seconds = usual.seconds, units = usual.units, confirms = usual.confirms } = choices;
  const { warmUpSeconds = usual.warmUpSeconds, shards = usual.shards } = choices;
  const rates = choices.rates.length === 0 ? [usual.rate] : choices.rates;
  const count = seeds.last - seeds.first + 1;
  return rates.flatMap((rate) =>
    Array.from({ length: count }, (_, index) => ({
      scenario,
      seed: seeds.first + index,
      load: {
        rate,
        seconds,
        units,
        confirms,
        ...(warmUpSeconds !== undefined && { warmUpSeconds }),
        ...(shards !== undefined && { shards }),
      },
      ...(faults !== undefined && { faults }),
      ...(concurrency !== undefined && { concurrency }),
      ...(tableUnits !== undefined && { tableUnits }),
      ...(expiryPartitions !== undefined && { expiryPartitions }),
      ...(refusalMemoryMs !== undefined && { refusalMemoryMs }),
    })),
  );
};

/** Returns the command that repeats one run: the options that differ from the defaults. */
export const replayCommandOf = (run: Run, plant?: MistakeName): string => {
  const { scenario, seed, load, faults, concurrency, refusalMemoryMs } = run;
  const { tableUnits, expiryPartitions } = run;
  const usual: Scenario = scenarios[scenario];
  const given: Record<string, string | number | undefined> = {
    seeds: seed,
    ...Object.fromEntries(
      Object.entries(load)
        .filter(([name, value]) => value !== usual.load[name as keyof Load])
        .map(([name, value]) => [name === "warmUpSeconds" ? "warm-up" : name, value]),
    ),
    concurrency,
    "table-units": tableUnits,
    "expiry-partitions": expiryPartitions,
    "refusal-memory-ms": refusalMemoryMs,
    faults: faults !== undefined && faultLevels[faults] !== usual.faults ? faults : undefined,
    plant,
  };
  const shown = Object.entries(given).filter(([, value]) => value !== undefined);
  return [
    `npm run simulate -- ${scenario}`,
    ...shown.map(([name, value]) => `--${name} ${value}`),
  ].join(" ");
};
