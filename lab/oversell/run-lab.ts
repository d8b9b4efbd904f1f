/** The whole of the lab: its servers, its buyers, and their races in turns. */
import { createTemporaryFolder } from "../app/temporary-folder.ts";
import { withResources } from "../app/with-resources.ts";
import type { Part } from "../report/report.ts";
import { approachesOf, isUnderLock, keyOf, type Approach } from "./approaches.ts";
import type { Arguments } from "./arguments.ts";
import { startBuyers } from "./buyers.ts";
import { raceWithFrozenHolder, recoveryFromFailure, recoveryFromKill } from "./faults.ts";
import { frozenPart, racePart, recoveryPart, type Recovery, type Setting } from "./findings.ts";
import { race, type Track } from "./race.ts";
import { runRounds } from "./rounds-tmp.ts";
import { startServers } from "./servers.ts";
import { openDatabase, openShelf } from "./shelf.ts";

/** The units of a round in which a holder is frozen: it is one in so many buys. */
const frozenUnits = 20;
/** Of races that take as long as a lease or a session, however many rounds the others have. */
const faultRoundsMax = 3;

export const runLab = (
  { buyers: buyerCount, units, seconds, rounds, approaches: names }: Arguments,
  signal: AbortSignal,
  tell: (progress: string) => void,
): Promise<Part[]> =>
  withResources(async (resources) => {
    tell("Starting the servers …");
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
    const approaches = approachesOf(names);
    const setting: Setting = {
      approaches,
      missing: servers.missing,
      buyers: buyerCount,
      units,
      engine: servers.engine,
    };
    const ran = approaches.filter(({ name }) => !servers.missing.has(name));

    const inTurns = <Sample>(
      part: string,
      among: readonly Approach[],
      bounds: { warmUpRounds: number; rounds: number },
      measure: (approach: Approach) => Promise<Sample>,
    ) =>
      runRounds(
        Object.fromEntries(
          among.map((approach) => [
            keyOf(approach),
            () => {
              tell(`${part}: ${keyOf(approach)}`);
              return measure(approach);
            },
          ]),
        ),
        bounds,
        signal,
      );

    const races = await inTurns("race", ran, { warmUpRounds: 1, rounds }, (approach) =>
      race(track, approach, units),
    );
    const faultRounds = { warmUpRounds: 0, rounds: Math.min(rounds, faultRoundsMax) };
    const frozen = await inTurns("frozen holder", ran, faultRounds, (approach) =>
      raceWithFrozenHolder(track, approach, frozenUnits),
    );
    // What holds others up is the lock; a token changes nothing about it.
    const once = ran.filter(
      (approach) => !isUnderLock(approach) || approach.fencing === "unfenced",
    );
    const killed = await inTurns("killed holder", once, faultRounds, (approach) =>
      recoveryFromKill(track, approach),
    );
    const failed = await inTurns("failed server", once, faultRounds, async (approach) => {
      const failure = servers.failureOf(approach.name);
      return failure && (await recoveryFromFailure(track, approach, failure));
    });
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
