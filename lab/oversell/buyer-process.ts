/**
 * A process full of buyers, on the commands of buyers.ts. It is what the faults strike: it stops
 * itself where it is told to, and whoever has told it lets it go on, or kills it.
 */
import { existsSync, renameSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { InventoryError } from "../../inventory/errors.ts";
import { LockError } from "../../locks/lock-error.ts";
import type { Answer } from "./buy.ts";
import { keyOf } from "./approaches.ts";
import { sharedNowMs } from "./clock.ts";
import { openApproach, type OpenApproach } from "./open-approach.ts";
import { emptyTally, type Command, type RacePlan, type Tally, type Told } from "./buyers.ts";

const opened = new Map<string, OpenApproach>();

const tell = (told: Told): Promise<void> =>
  new Promise((resolve) => process.send!(told, () => resolve()));

const open = (plan: RacePlan): OpenApproach => {
  const key = `${keyOf(plan.approach)} ${JSON.stringify(plan.places)}`;
  const known = opened.get(key) ?? openApproach(plan.approach, plan.places);
  opened.set(key, known);
  return known;
};

/** Whoever takes the ticket, one among all processes, stops right here. */
const haltAt = (ticket: string) => async (): Promise<void> => {
  if (!existsSync(ticket)) return;
  try {
    renameSync(ticket, `${ticket}-${process.pid}`);
  } catch {
    return;
  }
  await tell({ told: "halted" });
  process.kill(process.pid, "SIGSTOP");
  // Another thread may be the first to hear of it: this one does nothing until it has, too.
  Atomics.wait(standstill, 0, 0, standstillMs);
};

const standstill = new Int32Array(new SharedArrayBuffer(4));
const standstillMs = 50;

const noHalt = async (): Promise<void> => {};

const retryPauseMs = 20;

/** Tries once; undefined where it came to nothing, which the tally says. */
const attempt = async (buy: () => Promise<Answer>, tally: Tally): Promise<Answer | undefined> => {
  try {
    return await buy();
  } catch (error) {
    const { name, code, message } = error as Error & { code?: string };
    if (isRefusal(error, code)) tally.turnedAway += 1;
    // The lease was over before anything was written: it tries again at once.
    else if (!(error instanceof LockError && code === "lost")) {
      // A server that is away is a part of some races, and the end of the others.
      tally.failures.push(`${name} ${code ?? ""}: ${message}`);
      await sleep(retryPauseMs);
    }
    return undefined;
  }
};

/** Too many others were there, for too long. */
const isRefusal = (error: unknown, code: string | undefined): boolean =>
  (error instanceof LockError && code === "not_acquired") ||
  (error instanceof InventoryError && code === "busy");

/** Buys one unit after the other until they are sold out, or until the race is over. */
const shop = async (
  { buy, countRequests }: OpenApproach,
  { sku, ticket }: RacePlan,
  tally: Tally,
  isOver: () => boolean,
): Promise<void> => {
  const beforeWrite = ticket === undefined ? noHalt : haltAt(ticket);
  let beganAtMs = sharedNowMs();
  while (!isOver()) {
    const { result, requests } = await countRequests(() =>
      attempt(() => buy(sku, beforeWrite), tally),
    );
    if (result === "sold_out") {
      tally.soldOutAnswers += 1;
      return;
    }
    tally.requests += requests;
    if (result === "superseded") tally.superseded += 1;
    if (result === "sold") {
      const soldAtMs = sharedNowMs();
      tally.soldAtMs.push(soldAtMs);
      tally.latenciesMs.push(soldAtMs - beganAtMs);
      beganAtMs = soldAtMs;
    }
  }
};

let isStopped = false;
let go: () => void;

const race = async (plan: RacePlan): Promise<void> => {
  const approach = open(plan);
  isStopped = false;
  const started = new Promise<void>((resolve) => (go = resolve));
  await tell({ told: "ready" });
  await started;
  const tally = emptyTally();
  const endsAtMs = sharedNowMs() + plan.limitMs;
  const isOver = (): boolean => isStopped || sharedNowMs() >= endsAtMs;
  await Promise.all(
    Array.from({ length: plan.buyersHere }, () => shop(approach, plan, tally, isOver)),
  );
  await tell({ told: "finished", tally });
};

process.on("message", (command: Command) => {
  if (command.do === "race") void race(command.plan);
  else if (command.do === "go") go();
  else isStopped = true;
});
// Nobody is left to buy for.
process.on("disconnect", () => process.exit());
