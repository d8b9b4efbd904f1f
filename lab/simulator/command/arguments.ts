import { parseArgs } from "node:util";
import {
  expiryPartitionsMax,
  refusalMemoryMsMax,
  shardsMax,
  unitsMax,
} from "../../../contract/bounds.ts";
import { UsageError } from "../../harness/usage-error.ts";
import { readWholeNumber } from "../../harness/whole-number.ts";
import { faultLevels, type FaultLevel } from "../faults.ts";
import { mistakeNames, type MistakeName } from "../mistakes.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { scenarioNames, scenarios, type ScenarioName } from "../scenarios/scenarios.ts";

export interface Arguments {
  scenario: ScenarioName;
  /** The first seed and the last. */
  seeds: SeedRange;
  /** Buyers a second: one run of each seed for each. Empty: the scenario's own. */
  rates: number[];
  /** In place of the scenario's own. */
  seconds?: number;
  units?: number;
  confirms?: number;
  /** The time for which buyers come before the figures begin. */
  warmUpSeconds?: number;
  /** Rows of the stock level. */
  shards?: number;
  faults?: FaultLevel;
  /** Concurrent executions of the account. */
  concurrency?: number;
  /** Write units, and read units, of a table in a second. */
  tableUnits?: number;
  /** Partitions of the index `byExpiry`. */
  expiryPartitions?: number;
  /** The maximum age of a refusal for too few units. */
  refusalMemoryMs?: number;
  /** A mistake to plant in the core. */
  plant?: MistakeName;
  json: boolean;
  /** Print every line of the trace. */
  trace: boolean;
}

export interface SeedRange {
  first: number;
  last: number;
}

const bounds = {
  seeds: { least: 1, greatest: 1_000_000 },
  rate: { least: 1, greatest: 64_000 },
  seconds: { least: 1, greatest: 600 },
  units: { least: 1, greatest: unitsMax },
  "warm-up": { least: 0, greatest: 600 },
  shards: { least: 1, greatest: shardsMax },
  concurrency: { least: 1, greatest: 100_000 },
  "table-units": { least: 1, greatest: 1_000_000 },
  "expiry-partitions": { least: 1, greatest: expiryPartitionsMax },
  "refusal-memory-ms": { least: 0, greatest: refusalMemoryMsMax },
} as const;
const ratesMax = 20;

const seedsDefault: SeedRange = { first: 1, last: 50 };
const faultNames = Object.keys(faultLevels) as FaultLevel[];

/** @throws UsageError that names the value and what is accepted */
export const readArguments = (argv: readonly string[]): Arguments => {
  const { values, positionals } = parse(argv);
  const { json = false, trace = false, plant } = values;
  const scenario = readScenario(positionals);
  const { isThroughput = false }: Scenario = scenarios[scenario];
  const read: Arguments = {
    scenario,
    seeds: readSeeds(values.seeds, isThroughput),
    rates: readRates(values.rate, isThroughput),
    ...readNumber("seconds", "seconds", values.seconds),
    ...readNumber("units", "units", values.units),
    ...readNumber("concurrency", "concurrency", values.concurrency),
    ...readNumber("tableUnits", "table-units", values["table-units"]),
    ...readNumber("expiryPartitions", "expiry-partitions", values["expiry-partitions"]),
    ...readNumber("refusalMemoryMs", "refusal-memory-ms", values["refusal-memory-ms"]),
    ...readWarmUp(values["warm-up"], scenario),
    ...readShards(values.shards, scenario),
    ...(values.confirms !== undefined && { confirms: readShare(values.confirms) }),
    ...(values.faults !== undefined && { faults: readName("faults", values.faults, faultNames) }),
    ...(plant !== undefined && { plant: readName("plant", plant, mistakeNames) }),
    json,
    trace,
  };
  const runs = (read.seeds.last - read.seeds.first + 1) * Math.max(1, read.rates.length);
  if (trace && runs > 1) {
    throw new UsageError(`--trace prints one run, not ${runs}: give one seed and one rate.`);
  }
  if (trace && json) throw new UsageError("--trace prints lines: it cannot be used with --json.");
  return read;
};

const options = {
  seeds: { type: "string" },
  rate: { type: "string" },
  seconds: { type: "string" },
  units: { type: "string" },
  "warm-up": { type: "string" },
  shards: { type: "string" },
  concurrency: { type: "string" },
  "table-units": { type: "string" },
  "expiry-partitions": { type: "string" },
  "refusal-memory-ms": { type: "string" },
  confirms: { type: "string" },
  faults: { type: "string" },
  plant: { type: "string" },
  json: { type: "boolean" },
  trace: { type: "boolean" },
} as const;

const usage = `Accepted is: npm run simulate -- [scenario] [--seeds 1-500] [--rate 1000] [--seconds 20]
  [--warm-up 5] [--units N] [--shards N] [--confirms 0.9] [--concurrency 1000] [--table-units 40000]
  [--expiry-partitions 16] [--refusal-memory-ms 0]
  [--faults ${faultNames.join("|")}] [--json] [--trace] [--plant NAME]
  scenario      one of ${scenarioNames.join(", ")}; mixed when absent
  --seeds       one seed, or the first and the last
  --rate        buyers a second; a list such as 50,100,200 where the figures are the point
  --seconds     how long buyers come, after the warm-up
  --warm-up     how long they come before, whose requests count in no rate and no time
  --shards      the rows of the stock level
  --confirms    the share of holds that are confirmed, from 0 to 1
  --json        one JSON object on the standard output
  --trace       every request, reply and commit of one seed on the standard output`;

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    const message = (error as Error).message.split(". To specify a positional", 1)[0]!;
    throw new UsageError(`${message.replace(/\.?$/, ".")}\n${usage}`);
  }
}

function readScenario(positionals: readonly string[]): ScenarioName {
  if (positionals.length > 1) {
    throw new UsageError(
      `One scenario runs at a time, not ${positionals.length}: ${positionals.join(", ")}.`,
    );
  }
  const [name = "mixed"] = positionals;
  const known = scenarioNames.find((one) => one === name);
  if (known !== undefined) return known;
  throw new UsageError(
    `There is no scenario ${JSON.stringify(name)}; there are: ${scenarioNames.join(", ")}.`,
  );
}

function readSeeds(text: string | undefined, isThroughput: boolean): SeedRange {
  if (text === undefined) return isThroughput ? { first: 1, last: 1 } : seedsDefault;
  const { least, greatest } = bounds.seeds;
  const ends = /^(\d+)(?:-(\d+))?$/.exec(text);
  const first = Number(ends?.[1]);
  const last = Number(ends?.[2] ?? first);
  if (first >= least && first <= last && last <= greatest) return { first, last };
  const range = `from ${least} to ${greatest.toLocaleString("en-US")}`;
  throw new UsageError(
    `--seeds is one seed or a first and a last seed, such as 7 or 1-500, ${range}, not ${text}.`,
  );
}

function readRates(text: string | undefined, isThroughput: boolean): number[] {
  if (text === undefined) return [];
  const rates = text.split(",").map((rate) => readWholeNumber("rate", rate.trim(), bounds.rate));
  if (rates.length > 1 && !isThroughput) {
    const names = namesOf("isThroughput").join(", ");
    throw new UsageError(
      `--rate is one number here, not ${text}: a list is accepted for ${names}.`,
    );
  }
  if (rates.length > ratesMax) {
    throw new UsageError(`--rate lists at most ${ratesMax} rates, not ${rates.length}.`);
  }
  return [...new Set(rates)];
}

function readNumber<Name extends keyof Arguments>(
  name: Name,
  option: keyof typeof bounds,
  text: string | undefined,
): Partial<Record<Name, number>> {
  if (text === undefined) return {};
  const number = readWholeNumber(option, text, bounds[option]);
  return { [name]: number } as Partial<Record<Name, number>>;
}

function readWarmUp(text: string | undefined, scenario: ScenarioName): { warmUpSeconds?: number } {
  if (text === undefined) return {};
  requireOneOf("warm-up", namesOf("isThroughput"), scenario);
  return { warmUpSeconds: readWholeNumber("warm-up", text, bounds["warm-up"]) };
}

function readShards(text: string | undefined, scenario: ScenarioName): { shards?: number } {
  if (text === undefined) return {};
  requireOneOf("shards", namesOf("takesShards"), scenario);
  return { shards: readWholeNumber("shards", text, bounds.shards) };
}

const namesOf = (trait: "isThroughput" | "takesShards"): ScenarioName[] =>
  scenarioNames.filter((name) => scenarios[name][trait] === true);

function requireOneOf(option: string, names: readonly ScenarioName[], name: ScenarioName): void {
  if (names.includes(name)) return;
  throw new UsageError(`--${option} is accepted for ${names.join(", ")}, not for ${name}.`);
}

function readShare(text: string): number {
  const share = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (share >= 0 && share <= 1) return share;
  throw new UsageError(`--confirms is a share from 0 to 1, not ${text}.`);
}

function readName<Name extends string>(option: string, text: string, names: readonly Name[]): Name {
  const known = names.find((name) => name === text);
  if (known !== undefined) return known;
  const accepted = names.length === 0 ? "none yet" : `one of ${names.join(", ")}`;
  throw new UsageError(`--${option} is ${accepted}, not ${JSON.stringify(text)}.`);
}
