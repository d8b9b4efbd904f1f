/**
 * Contenders measured in turns. What the machine does besides hits neighbours in time alike, so that
 * each round compares them fairly, and many rounds tell the noise from the difference. Each round
 * begins with another one, since whoever is next inherits what the last one left to be done:
 *
 *     warm-up | raw engine http | engine http raw | http raw engine | …
 */
import { type LoadBounds, type LoadResult, type Operation, runLoad } from "./load.ts";

export interface RoundBounds extends LoadBounds {
  /** Rounds that are run and forgotten: compilers warm up, connections open, caches fill. */
  warmUpRounds: number;
  rounds: number;
}

/** @returns per contender its loads, one for each round, in the rounds' order */
export const runRounds = async <Name extends string>(
  contenders: Readonly<Record<Name, Operation>>,
  bounds: RoundBounds,
  signal: AbortSignal,
): Promise<Record<Name, LoadResult[]>> => {
  const names = Object.keys(contenders) as Name[];
  const loads = Object.fromEntries(names.map((name) => [name, [] as LoadResult[]]));
  for (let round = -bounds.warmUpRounds; round < bounds.rounds; round += 1) {
    const first = (round + bounds.warmUpRounds) % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const load = await runLoad(contenders[name], bounds, signal);
      if (round >= 0) loads[name]!.push(load);
    }
  }
  return loads as Record<Name, LoadResult[]>;
};

export const operationsPerSecond = ({ operations, elapsedMs }: LoadResult): number =>
  (operations * 1000) / elapsedMs;
