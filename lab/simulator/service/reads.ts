/** GetItem, Query and Scan: from the item, from the replica, or from an index that lags. */
import {
  transactionCancelled,
  type CancellationReason,
  type ReadResult,
  type Request,
} from "../engine/engine.ts";
import type { Attempt, Reply, ServiceContext } from "./context.ts";
import type { Demand } from "./capacity.ts";
import { conflictReason, throttling } from "./refusals.ts";
import { readUnits } from "./units.ts";

/** Reads at this instant. `unprocessed` are the targets of a batch that are handed back. */
export const read = (
  context: ServiceContext,
  attempt: Attempt,
  unprocessed?: ReadonlySet<number>,
): Reply => {
  const { engine, random, parameters, capacity } = context;
  const { request } = attempt;
  const isReplica = !request.isConsistent && random.chance(parameters.replicaShare);
  const result = engine.read(request, isReplica ? "replica" : "latest", unprocessed);
  const demands = demandsOf(request, result);
  const exhausted = capacity.exhaustedBy("read", demands);
  if (exhausted !== undefined) return { error: throttling(exhausted) };
  context.charge("read", attempt, demands);
  return { output: result.output };
};

/** The demand of a Query is on one partition of its index. A Scan counts as one partition. */
function demandsOf(
  { query, targets, isConsistent, operation }: Request,
  { bytes, targetBytes }: ReadResult,
): Demand[] {
  if (query !== undefined) {
    const { table, index, partition } = query;
    const name = index === undefined ? table : `${table}/${index}`;
    const id = `${name}/${Object.values(partition ?? {}).join("")}`;
    return [{ table: name, partition: id, units: readUnits(bytes, isConsistent) }];
  }
  const factor = operation === "TransactGetItems" ? 2 : 1;
  return targets.map(({ table, id }, position) => ({
    table,
    partition: id,
    units: factor * readUnits(targetBytes[position] ?? 0, isConsistent || factor === 2),
  }));
}

/**
 * Runs a `TransactGetItems`: it is cancelled where an item is locked, or written between the two looks
 * that it takes.
 */
export const readTransaction = (
  context: ServiceContext,
  attempt: Attempt,
  durationMs: number,
  reply: (reply: Reply) => void,
): void => {
  const { time, items, parameters } = context;
  const { request } = attempt;
  const sentAtMs = time.nowMs;
  const firstLookMs = sentAtMs + durationMs * parameters.lockShare;
  const isContended = (id: string): boolean =>
    items.isLocked(id) || items.wasWrittenAfter(id, firstLookMs);
  time.scheduleQuietly(sentAtMs + durationMs * parameters.writeShare, () => {
    const contended = request.targets.map(({ id }) => isContended(id));
    const result = contended.includes(true)
      ? { error: transactionCancelled(contended.map(reasonOfRead)) }
      : read(context, attempt);
    time.scheduleQuietly(sentAtMs + durationMs, () => reply(result));
  });
};

const reasonOfRead = (isContended: boolean): CancellationReason =>
  isContended ? conflictReason : { Code: "None" };
