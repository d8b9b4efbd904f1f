/** One run: a world from a seed, loaded, brought to rest and checked. */
import { expiryPartitionsDefault } from "../../contract/bounds.ts";
import { rowsEveryRuns, sweepIntervalMinutes } from "../../contract/bounds.ts";
import { checkEvents } from "./checks/check-events.ts";
import { checkLedger, checkRecords } from "./checks/check-end.ts";
import { describeHistory } from "./checks/describe-history.ts";
import type { Violation } from "./checks/violation.ts";
import { epochMs } from "./cloud/environment.ts";
import { warmUp } from "./doors/warm-up.ts";
import { faultLevels, type FaultLevel } from "./faults.ts";
import { figuresOf, type Figures } from "./figures.ts";
import { parametersOf } from "./parameters-of.ts";
import { createAnswers } from "./scenarios/answers.ts";
import type { Load, Scenario } from "./scenarios/scenario.ts";
import { scenarios, type ScenarioName } from "./scenarios/scenarios.ts";
import { enterVirtualTime } from "./time/platform.ts";
import { createWorld, type World } from "./world.ts";

export interface RunOptions {
  scenario: ScenarioName;
  seed: number;
  /** In place of the scenario's own. */
  load?: Partial<Load>;
  faults?: FaultLevel;
  /** Concurrent executions of the account. */
  concurrency?: number;
  /** Write units, and read units, of a table in a second. */
  tableUnits?: number;
  /** Partitions of the index `byExpiry`. The stack's default when absent. */
  expiryPartitions?: number;
  /** The maximum age of a refusal for too few units. 0 when absent. */
  refusalMemoryMs?: number;
  onTrace?: (line: string) => void;
}

export interface RunResult {
  scenario: ScenarioName;
  seed: number;
  violations: Violation[];
  /** SHA-256 of the trace: the same in every run of the seed. */
  hash: string;
  figures: Figures;
  /** The history of the subject of the first violation. */
  history: string[];
}

/** One seed in so many is of a stack with `fulfillOnConfirm`. */
const settledSeedEvery = 3;

/** One seed in so many enters through JSON, the others below serialization (doors/transport.ts). */
const jsonDoorEvery = 8;

export const runSeed = async (options: RunOptions): Promise<RunResult> => {
  const { seed } = options;
  const scenario: Scenario = scenarios[options.scenario];
  const parameters = parametersOf(scenario, options);
  await warmUp();
  const leaveVirtualTime = enterVirtualTime();
  try {
    const fulfillsOnConfirm = scenario.fulfillsOnConfirm ?? seed % settledSeedEvery === 0;
    const world = createWorld({
      seed,
      parameters,
      faults: options.faults === undefined ? scenario.faults : faultLevels[options.faults],
      door: seed % jsonDoorEvery === 0 ? "json" : "direct",
      multiItemStrategy: scenario.multiItemStrategy ?? (seed % 2 === 0 ? "leased" : "optimistic"),
      fulfillsOnConfirm,
      refusalMemoryMs: options.refusalMemoryMs ?? 0,
      expiryPartitions:
        options.expiryPartitions ?? scenario.expiryPartitions ?? expiryPartitionsDefault,
      onTrace: options.onTrace,
    });
    const answers = createAnswers();
    const load = { ...scenario.load, ...options.load };
    await world.time.runUntilDone(scenario.run(world, load, answers));
    const figures = figuresOf(world, answers, load);
    await comeToRest(world, scenario.isThroughput !== true, fulfillsOnConfirm);
    world.judgeClaims();
    return {
      scenario: options.scenario,
      seed,
      violations: [...world.violations],
      hash: world.trace.hash(),
      figures,
      history: historyOfFirst(world),
    };
  } finally {
    leaveVirtualTime();
  }
};

function historyOfFirst(world: World): string[] {
  const { violations } = world;
  const [first] = violations;
  return first === undefined ? [] : describeHistory(world, first);
}

/** The time that a run may take to come to rest, in milliseconds of the run. */
const restMsMax = 15 * 60 * 1_000;
const sweepMs = sweepIntervalMinutes * 60 * 1_000;

/** Waits until all changes are published, and perhaps until all holds have ended; checks the records. */
async function comeToRest(
  world: World,
  waitsForHolds: boolean,
  fulfillsOnConfirm: boolean,
): Promise<void> {
  const { time, history, orders, consumers } = world;
  world.calm();
  const endsAtMs = time.nowMs + restMsMax;
  const graceMs = 2 * sweepMs;
  const isBusy = (): boolean =>
    orders.length > 0 ||
    !consumers.isIdle() ||
    (waitsForHolds && lastExpiryMs(world) + graceMs > time.nowMs);
  while (orders.length > 0 && time.nowMs < endsAtMs) await time.runTo(time.nowMs + 1_000);
  // By then a sweep has resolved the rows that no request met, and the streams have its changes.
  const rowsAtMs = time.nowMs + (rowsEveryRuns + 1) * sweepMs;
  if (waitsForHolds) await time.runTo(rowsAtMs);
  while (isBusy() && time.nowMs < endsAtMs) await time.runTo(time.nowMs + 1_000);
  const options = { graceMs, fulfillsOnConfirm, isAtRest: waitsForHolds };
  checkRecords(history, time.nowMs, options, world.report);
  checkLedger(history, world.engine, world.report, waitsForHolds);
  checkEvents(history, world.topic.publications, world.report);
}

/** The end of the last hold that is still held, in milliseconds of the run. */
function lastExpiryMs({ history }: World): number {
  let lastMs = 0;
  for (const id of history.reservationIds) {
    const item = history.reservation(id).last;
    if (item?.status === "held") lastMs = Math.max(lastMs, item.expiresAtMs - epochMs);
  }
  return lastMs;
}
