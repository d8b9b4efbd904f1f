/**
 * A claim on the rows of its names: first all of them in one conditional request; while others have
 * some, by looking, and in the end one name after the other.
 */
import type { DynamoDBDocumentClient, TransactWriteCommandInput } from "@aws-sdk/lib-dynamodb";
import type { Attempt, Claim, ClaimRequest } from "../engine/backend.ts";
import type { Platform } from "../engine/platform.ts";
import { acquireRow, nameOf, releaseRow, renewRow, type LockRow } from "./lock-table.ts";
import { readRows } from "./read-rows.ts";
import { writeRows, writeRowsInTurn } from "./write-rows.ts";

/** An action of a `TransactWriteItems`. */
export type TransactionAction = NonNullable<TransactWriteCommandInput["TransactItems"]>[number];

export interface Place extends Platform {
  client: DynamoDBDocumentClient;
  table: string;
  clockSkewMs: number;
  /** The greatest token that this client has seen or made. */
  lastToken: number;
}

/**
 * A token for all names: the time, or one more than the last. Nothing but the client can choose it,
 * since a transaction returns no values. (S. Kulkarni et al., "Logical Physical Clocks", 2014.)
 */
const nextToken = (place: Place, nowMs: number): number => {
  place.lastToken = Math.max(nowMs, place.lastToken + 1);
  return place.lastToken;
};

/** Names that keep us from the others, and for how long yet. */
interface Obstacle {
  names: ReadonlySet<string>;
  busyForMs: number;
}

/** Whoever is refused more often takes names in their order. Most are not: all at once is cheaper. */
const refusalsBeforeOrder = 3;

export const createClaim = (
  place: Place,
  { names, owner }: ClaimRequest,
): Claim<TransactionAction> => {
  const { client, table, clockSkewMs, clock } = place;
  const nowMs = (): number => Math.floor(clock.wallMs());
  /** Whether the table may have something of us. */
  let mayHold = false;
  /** Of the last grant that we have heard of. */
  let token: number | undefined;
  let refusals = 0;
  /** How many names, in their order, we have while we wait for the others, and until when. */
  let taken = 0;
  let takenUntilMs = 0;

  /** Leases of others among the rows. */
  const obstacleIn = (rows: readonly LockRow[], atMs: number): Obstacle | undefined => {
    const freeBeforeMs = atMs - clockSkewMs;
    const busy = rows.filter((row) => row.owner !== owner && row.leaseUntilMs >= freeBeforeMs);
    if (busy.length === 0) return undefined;
    const lastEndMs = Math.max(...busy.map((row) => row.leaseUntilMs));
    return { names: new Set(busy.map(nameOf)), busyForMs: lastEndMs + clockSkewMs + 1 - atMs };
  };

  /** Takes these names, or finds out what is in the way. */
  const take = async (
    some: readonly string[],
    leaseMs: number,
    signal: AbortSignal,
  ): Promise<{ token: number } | Obstacle> => {
    for (;;) {
      signal.throwIfAborted();
      const askedAtMs = nowMs();
      const wanted = nextToken(place, askedAtMs);
      const freeBeforeMs = askedAtMs - clockSkewMs;
      const leaseUntilMs = askedAtMs + leaseMs;
      const updates = some.map((name) =>
        acquireRow({ table, name, owner, token: wanted, leaseUntilMs, freeBeforeMs }),
      );
      const result = await writeRows<LockRow>(client, updates, signal);
      if (result.written) return { token: wanted };
      if (result.by === "contention") {
        return { names: new Set(result.indexes.map((index) => some[index]!)), busyForMs: 0 };
      }
      const rows = result.refusals.flatMap(({ row }) => (row === undefined ? [] : [row]));
      for (const row of rows) place.lastToken = Math.max(place.lastToken, row.token);
      const obstacle = obstacleIn(rows, askedAtMs);
      // With none of them in the way, only our token was too small.
      if (obstacle !== undefined) return obstacle;
    }
  };

  /**
   * Takes the names before the first that is in the way. Whoever needs many of them would else wait
   * for ever for the moment when all are free:
   *
   *   this    [a b c d]: c busy ── takes a b ── [c d]: d busy ── takes c ── [a b c d]: all
   *   others  [c] [d e] [c] ...                 c is waited for, as a and b are
   *
   * Everybody takes them in the same order, and waits for a later one only: no deadlock.
   */
  const takeInOrder = async (
    obstacle: Obstacle,
    leaseMs: number,
    signal: AbortSignal,
  ): Promise<void> => {
    const first = names.findIndex((name) => obstacle.names.has(name));
    // One that we had is another's: our lease on them has ended.
    if (first < taken && obstacle.busyForMs > 0) taken = 0;
    // What we have is kept: a wait may be longer than a lease.
    const isKept = taken > 0 && nowMs() < takenUntilMs - leaseMs / 2;
    const wanted = names.slice(isKept ? taken : 0, first);
    if (wanted.length === 0) return;
    mayHold = true;
    const untilMs = nowMs() + leaseMs;
    const result = await take(wanted, leaseMs, signal);
    if (!("token" in result)) return;
    takenUntilMs = isKept ? Math.min(takenUntilMs, untilMs) : untilMs;
    taken = first;
  };

  const refuse = async (
    obstacle: Obstacle,
    leaseMs: number,
    signal: AbortSignal,
  ): Promise<Attempt> => {
    refusals += 1;
    if (refusals > refusalsBeforeOrder) await takeInOrder(obstacle, leaseMs, signal);
    const { busyForMs } = obstacle;
    // Who was just then writing a row has done so in a moment.
    return busyForMs > 0
      ? { granted: false, busyForMs, isPressing: taken > 0 }
      : { granted: false, isPressing: true };
  };

  const attempt = async (leaseMs: number, signal: AbortSignal): Promise<Attempt> => {
    // A look costs less than a write that is refused, and is in nobody's way.
    if (refusals > 0) {
      const rows = await readRows(client, table, names, signal);
      const obstacle = obstacleIn(rows, nowMs());
      if (obstacle !== undefined) return refuse(obstacle, leaseMs, signal);
    }
    mayHold = true;
    const result = await take(names, leaseMs, signal);
    if ("token" in result) {
      ({ token } = result);
      return { granted: true, token };
    }
    mayHold = taken > 0;
    return refuse(result, leaseMs, signal);
  };

  const renew = async (leaseMs: number, signal: AbortSignal): Promise<boolean> => {
    if (token === undefined) return false;
    const leaseUntilMs = nowMs() + leaseMs;
    const updates = names.map((name) =>
      renewRow({ table, name, owner, token: token!, leaseUntilMs }),
    );
    const result = await writeRowsInTurn<LockRow>(client, updates, place, signal);
    // One that lasts for longer already is still ours.
    return (
      result.written ||
      result.refusals.every(({ row }) => row?.owner === owner && row.token === token)
    );
  };

  /** Releases these, or all of them but those that are not ours. True when all were ours. */
  const releaseRows = async (some: readonly string[], signal: AbortSignal): Promise<boolean> => {
    if (some.length === 0) return true;
    const updates = some.map((name) => releaseRow({ table, name, owner, nowMs: nowMs() }));
    const result = await writeRowsInTurn<LockRow>(client, updates, place, signal);
    if (result.written) return true;
    const { refusals: refused } = result;
    // Only we release under our token: an attempt before had been applied, its reply lost.
    const wereReleased = refused.every(
      ({ row }) => row !== undefined && row.token === token && row.leaseUntilMs === 0,
    );
    const others = some.filter((_, index) => refused.every((one) => one.index !== index));
    return (await releaseRows(others, signal)) && wereReleased;
  };

  return {
    attempt,
    renew,
    release: async (signal) => {
      if (!mayHold) return false;
      const wereOurs = await releaseRows(names, signal);
      mayHold = false;
      return wereOurs;
    },
    releaseActions: () =>
      names.map((name) => ({ Update: releaseRow({ table, name, owner, nowMs: nowMs() }) })),
  };
};
