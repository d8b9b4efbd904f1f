/** The whole of the lab: its servers, its buyers, and their races in turns. */
import { createTemporaryFolder } from "../app/temporary-folder.ts";
import { withResources } from "../app/with-resources.ts";
import type { Progress } from "../report/progress.ts";
import type { Part } from "../report/report.ts";
import { approachesOf, isFirstOfItsName, keyOf, type Approach } from "./approaches.ts";
import type { Arguments } from "./arguments.ts";
import { startBuyers } from "./buyers.ts";
import { raceWithFrozenHolder, recoveryFromFailure, recoveryFromKill } from "./faults.ts";
import { frozenPart, racePart, recoveryPart, type Recovery, type Setting } from "./findings.ts";
import { race, type Track } from "./race.ts";
import { runRounds } from "../harness/rounds.ts";
import { startServers } from "./servers.ts";
import { openDatabase, openShelf } from "./shelf.ts";

/** Enough that compilers have warmed up and connections are open. */
const warmUpUnits = 20;
/** The units of a round in which a holder is frozen: it is one in so many buys. */
const frozenUnits = 10;
/** Of races that take as long as a lease or a session, however many rounds the others have. */
const faultRoundsMax = 3;

/** About how long one step of each kind takes, in seconds: for the bar alone. */
const weights = { servers: 4, warmUp: 0.5, race: 0.8, frozen: 0.9, killed: 1.2, failed: 1.4 };

export type LabOptions = Omit<Arguments, "json" | "docs" | "compare">;

export const runLab = (
  { buyers: buyerCount, units, seconds, rounds, approaches: names }: LabOptions,
  signal: AbortSignal,
  openProgress: (totalWeight: number) => Progress,
): Promise<Part[]> =>
  withResources(async (resources) => {
    const approaches = approachesOf(names);
    const faultRounds = Math.min(rounds, faultRoundsMax);
    const progress = openProgress(
      weights.servers +
        approaches.length *
          (weights.warmUp + weights.race * rounds + weights.frozen * faultRounds) +
        names.length * (weights.killed + weights.failed) * faultRounds,
    );
    resources.defer(() => progress.end());
    progress.begin("Starting the servers", weights.servers);
    const folder = resources.use(await createTemporaryFolder());
    const servers = await startServers(names, folder.path, resources);
    const database = resources.use(openDatabase(servers.places.dynamodb));
    const shelf = await openShelf(servers.places.dynamodb, database);
    const buyers = resources.use(startBuyers(buyerCount));
    const track: Track = {
      servers,
      shelf,
      buyers,
      limitMs: seconds * 1000,
      folder: folder.path,
      signal,
    };
    const setting: Setting = {
      approaches,
      missing: servers.missing,
      buyers: buyerCount,
      units,
      engine: servers.engine,
    };
    const ran = approaches.filter(({ name }) => !servers.missing.has(name));

    const inTurns = <Sample>(
      label: string,
      weight: number,
      among: readonly Approach[],
      roundCount: number,
      measure: (approach: Approach) => Promise<Sample>,
    ) => {
      const contenders = among.map((approach) => [
        keyOf(approach),
        () => {
          progress.begin(label, weight, keyOf(approach));
          return measure(approach);
        },
      ]);
      return runRounds<string, Sample>(
        Object.fromEntries(contenders),
        { warmUpRounds: 0, rounds: roundCount },
        signal,
      );
    };

    await inTurns("Warming up", weights.warmUp, ran, 1, (approach) =>
      race(track, approach, warmUpUnits),
    );
    const races = await inTurns("Racing", weights.race, ran, rounds, (approach) =>
      race(track, approach, units),
    );
    const frozen = await inTurns("Freezing holders", weights.frozen, ran, faultRounds, (approach) =>
      raceWithFrozenHolder(track, approach, frozenUnits),
    );
    // What holds others up is the lock: a token changes nothing about it.
    const once = ran.filter(isFirstOfItsName);
    const killed = await inTurns("Killing holders", weights.killed, once, faultRounds, (approach) =>
      recoveryFromKill(track, approach),
    );
    // Last, since a Redis that has failed over is no longer where the others look for it.
    const failed = await inTurns(
      "Killing servers",
      weights.failed,
      once,
      faultRounds,
      async (approach) => {
        const failure = servers.failureOf(approach.name);
        return failure && (await recoveryFromFailure(track, approach, failure));
      },
    );
    const recoveries = Object.fromEntries(
      once.map((approach) => {
        const key = keyOf(approach);
        const both = killed[key]!.map((afterHolderKilledMs, round): Recovery => {
          const afterServerFailedMs = failed[key]![round];
          return {
            afterHolderKilledMs,
            ...(afterServerFailedMs === undefined ? {} : { afterServerFailedMs }),
          };
        });
        return [key, both];
      }),
    );
    return [
      racePart(setting, races),
      frozenPart(setting, frozen, frozenUnits),
      recoveryPart(setting, recoveries),
    ];
  });
