/** Races in which processes are frozen and killed, and servers fail. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { keyOf, type Approach } from "./approaches.ts";
import { leaseMs } from "./bounds.ts";
import type { Race, Tally } from "./buyers.ts";
import { sharedNowMs } from "./clock.ts";
import { countUp, optionsOf, type Count, type Track } from "./race.ts";
import type { ServerFailure } from "./servers.ts";

const pollMs = 4;
/** Past its lease for certain, also by a timer that comes early. */
const frozenMsMin = leaseMs * 1.1;

let tickets = 0;
/** A file that one of the buyers finds, and halts at. */
const ticketIn = ({ folder }: Track, approach: Approach): string => {
  tickets += 1;
  return join(folder, `ticket-${keyOf(approach)}-${tickets}`);
};

const untilOrLimit = async (track: Track, isReached: () => Promise<boolean>): Promise<boolean> => {
  const deadlineMs = performance.now() + track.limitMs;
  while (performance.now() < deadlineMs) {
    track.signal.throwIfAborted();
    if (await isReached()) return true;
    await sleep(pollMs);
  }
  return false;
};

/**
 * A race in which the first who is about to write is frozen (SIGSTOP) until its lease is over and the
 * others have sold out; then it goes on (SIGCONT) and writes. Nobody else is writing by then, so that
 * under a lock it is certain what comes of it: all units are sold once more, or none.
 */
export const raceWithFrozenHolder = async (
  track: Track,
  approach: Approach,
  units: number,
): Promise<Count> => {
  const { shelf, buyers } = track;
  const sku = await shelf.stock(units);
  const ticket = ticketIn(track, approach);
  await writeFile(ticket, "");
  const race = await buyers.begin({ ...optionsOf(track, approach, sku), ticket });
  const frozen = await race.halted();
  const frozenAtMs = performance.now();
  const hasThawed = await untilOrLimit(track, async () => {
    if (performance.now() - frozenAtMs < frozenMsMin) return false;
    return (await shelf.left(sku)) === 0;
  });
  frozen.goOn();
  const tallies = await race.tallies;
  if (!hasThawed) {
    throw new Error(`Under ${keyOf(approach)} nobody sold out while a holder was frozen.`);
  }
  return countUp(units, await shelf.left(sku), tallies);
};

/** More than are sold in any race that is stopped by us. */
const endlessUnits = 1_000_000;
/** How long a race goes on before the fault, and how long after it at the least. */
const steadyMs = 150;
const watchedMs = 300;
/** Whoever has waited too long has not recovered. */
const silentMsMax = 250;

/** Goes on until buyers have bought again for a while, and ends the race. */
const watchRecovery = async (track: Track, race: Race, sku: string): Promise<Tally[]> => {
  const beganAtMs = performance.now();
  let left = endlessUnits;
  let changedAtMs = Number.NEGATIVE_INFINITY;
  let steadySinceMs = Number.POSITIVE_INFINITY;
  await untilOrLimit(track, async () => {
    const nowMs = performance.now();
    // The database may be what is away.
    const leftNow = await track.shelf.left(sku).catch(() => left);
    if (leftNow !== left) {
      if (nowMs - changedAtMs > silentMsMax) steadySinceMs = nowMs;
      left = leftNow;
      changedAtMs = nowMs;
    }
    return (
      nowMs - changedAtMs < silentMsMax && nowMs - Math.max(steadySinceMs, beganAtMs) > watchedMs
    );
  });
  race.stop();
  return race.tallies;
};

/** The longest time without a sale after this one, in milliseconds. */
export const longestPauseAfter = (atMs: number, tallies: readonly Tally[]): number => {
  const soldAtMs = tallies.flatMap((tally) => tally.soldAtMs).toSorted((a, b) => a - b);
  let longestMs = 0;
  let lastMs = atMs;
  for (const soldMs of soldAtMs) {
    if (soldMs <= atMs) continue;
    longestMs = Math.max(longestMs, soldMs - lastMs);
    lastMs = soldMs;
  }
  if (lastMs === atMs) throw new Error("Nobody has bought anything since the fault.");
  return longestMs;
};

/** How long nobody buys after the process of one who was about to write was killed (SIGKILL). */
export const recoveryFromKill = async (track: Track, approach: Approach): Promise<number> => {
  const sku = await track.shelf.stock(endlessUnits);
  const ticket = ticketIn(track, approach);
  const race = await track.buyers.begin({ ...optionsOf(track, approach, sku), ticket });
  await sleep(steadyMs);
  await writeFile(ticket, "");
  const holder = await race.halted();
  const killedAtMs = sharedNowMs();
  await holder.kill();
  return longestPauseAfter(killedAtMs, await watchRecovery(track, race, sku));
};

/** How long nobody buys when the server has failed, with all that is done about it. */
export const recoveryFromFailure = async (
  track: Track,
  approach: Approach,
  failure: ServerFailure,
): Promise<number> => {
  const sku = await track.shelf.stock(endlessUnits);
  const options = { ...optionsOf(track, approach, sku), places: failure.places };
  const race = await track.buyers.begin(options);
  await sleep(steadyMs);
  const failedAtMs = sharedNowMs();
  await failure.fail();
  const tallies = await watchRecovery(track, race, sku);
  await failure.repair();
  return longestPauseAfter(failedAtMs, tallies);
};
