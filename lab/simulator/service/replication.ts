/**
 * The followers of a commit: the indexes, the replica that eventually consistent reads may see, and the
 * stream. Each lags for a time of its own; the changes of one item arrive everywhere in their order.
 */
import type { Change, Engine } from "../engine/engine.ts";
import type { DatabaseParameters } from "../parameters.ts";
import type { Random } from "../time/random.ts";
import type { VirtualTime } from "../time/virtual-time.ts";

export interface Replication {
  follow(changes: readonly Change[]): void;
  /** The longest lag of an index so far, in milliseconds, by its name. */
  readonly indexLagMsMax: ReadonlyMap<string, number>;
}

export const createReplication = (
  time: VirtualTime,
  random: Random,
  engine: Engine,
  parameters: DatabaseParameters,
): Replication => {
  const { indexLagMs, slowIndexLagMs, slowIndexShare, replicaLagMs } = parameters;
  const indexLagMsMax = new Map<string, number>();
  /** The arrival of the last change of an item, by follower and item. */
  const arrivals = new Map<string, number>();

  /** After `lagMs`, but never before an earlier change of the same item. */
  const inOrder = (id: string, lagMs: number, arrive: () => void): number => {
    const atMs = Math.max(time.nowMs + lagMs, arrivals.get(id) ?? 0);
    arrivals.set(id, atMs);
    time.scheduleQuietly(atMs, arrive);
    return atMs;
  };

  const followChange = (change: Change): void => {
    const { id } = change.target;
    inOrder(`replica ${id}`, random.within(replicaLagMs), () => engine.replicate(change));
    for (const entry of change.indexes) {
      const isSlow = random.chance(slowIndexShare);
      const lagMs = random.within(isSlow ? slowIndexLagMs : indexLagMs);
      const committedAtMs = time.nowMs;
      const atMs = inOrder(`${entry.index} ${id}`, lagMs, () =>
        engine.updateIndex(change.target, entry),
      );
      const known = indexLagMsMax.get(entry.index) ?? 0;
      indexLagMsMax.set(entry.index, Math.max(known, atMs - committedAtMs));
    }
  };

  return { follow: (changes) => changes.forEach(followChange), indexLagMsMax };
};
