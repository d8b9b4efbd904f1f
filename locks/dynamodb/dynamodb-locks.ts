/**
 * Locks in a DynamoDB table: one row for each name (lock-table.ts), one conditional request for each
 * operation, one transaction for several names. Waiting is polling.
 *
 * A row says until when it is leased, by its holder's clock, and others compare that to theirs. So
 * clocks may differ by `clockSkewMs`; a dead holder's names are free that much later.
 */
import type { DynamoDBDocumentClient, TransactWriteCommandInput } from "@aws-sdk/lib-dynamodb";
import { integerWithin } from "../engine/arguments.ts";
import type { Attempt, Backend, Claim, ClaimRequest } from "../engine/backend.ts";
import { systemClock } from "../engine/clock.ts";
import { createLocks } from "../engine/create-locks.ts";
import type { Clock, Lease, Locks, LocksOptions } from "../locks.ts";
import { isFinal } from "./errors.ts";
import { acquireRow, nameOf, releaseRow, renewRow, type LockRow } from "./lock-table.ts";
import { readRows } from "./read-rows.ts";
import { writeRows, writeRowsInTurn } from "./write-rows.ts";

export interface DynamoDbLocksOptions extends LocksOptions {
  /** Its own attempts and timeouts count within the time of one request. */
  client: DynamoDBDocumentClient;
  /** The table's name. Its key is `lockName`, a string. */
  table: string;
  /** How far apart the clocks of those who lock may be, in milliseconds. 1 s when absent. */
  clockSkewMs?: number;
}

/** An action of a `TransactWriteItems`. */
export type TransactionAction = NonNullable<TransactWriteCommandInput["TransactItems"]>[number];

/** A lease that a transaction can release which writes what was locked. */
export interface DynamoDbLease extends Lease {
  /**
   * Releases the lease by a transaction of the caller's own, for no request more. `write` gets the
   * actions to put into it, one for each name, and tells whether it was applied:
   *
   *   acquire ── one TransactWriteItems: what was locked is written, and the lease released
   *
   * The actions refuse the transaction once the lease is another's. When it was not applied, the
   * lease is held as before; also when `write` throws, and `release` then finds out. An outer lease
   * of the same context keeps the names: there are no actions then.
   *
   * @returns whether it was applied
   * @throws what `write` throws; LockError `lost` before anything is written
   */
  releaseWithin(
    write: (releases: readonly TransactionAction[]) => Promise<boolean>,
  ): Promise<boolean>;
}

export type DynamoDbLocks = Locks<DynamoDbLease>;

interface Place {
  client: DynamoDBDocumentClient;
  table: string;
  clockSkewMs: number;
  clock: Clock;
  random: () => number;
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

const createClaim = (place: Place, { names, owner }: ClaimRequest): Claim<TransactionAction> => {
  const { client, table, clockSkewMs, clock, random } = place;
  const nowMs = (): number => Math.floor(clock.wallMs());
  /** Whether the table may have something of us. */
  let mayHold = false;
  /** Of the last grant that we have heard of. */
  let token: number | undefined;
  let refusals = 0;
  let wasBusy = false;
  /** How many names, in their order, we have while we wait for the others, and until when. */
  let taken = 0;
  let takenUntilMs = 0;

  const renew = async (leaseMs: number, signal: AbortSignal): Promise<boolean> => {
    if (token === undefined) return false;
    const leaseUntilMs = nowMs() + leaseMs;
    const updates = names.map((name) =>
      renewRow({ table, name, owner, token: token!, leaseUntilMs }),
    );
    const result = await writeRowsInTurn<LockRow>(client, updates, random, signal);
    // One that lasts for longer already is still ours.
    return (
      result.written ||
      result.refusals.every(({ row }) => row?.owner === owner && row.token === token)
    );
  };

  const isBusy = (row: LockRow, atMs: number): boolean =>
    row.owner !== owner && row.leaseUntilMs >= atMs - clockSkewMs;

  /** Takes these names, or finds out which are in the way. */
  const acquire = async (
    some: readonly string[],
    leaseMs: number,
    signal: AbortSignal,
  ): Promise<{ token: number } | { rows: LockRow[] } | "contention"> => {
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
      if (result.refusals === "contention") return "contention";
      const rows = result.refusals.flatMap(({ row }) => (row === undefined ? [] : [row]));
      for (const row of rows) place.lastToken = Math.max(place.lastToken, row.token);
      const busy = rows.filter((row) => isBusy(row, askedAtMs));
      // With none of them in the way, only our token was too small.
      if (busy.length > 0) return { rows: busy };
    }
  };

  /**
   * Takes the names before the first that is busy. Whoever needs many of them would else wait for
   * ever for the moment when all are free:
   *
   *   this    [a b c d]: c busy ── takes a b ── [c d]: d busy ── takes c ── [a b c d]: all
   *   others  [c] [d e] [c] ...                 c is waited for, as a and b are
   *
   * Everybody takes them in the same order, and waits for a later one only: no deadlock.
   */
  const takeInOrder = async (
    busy: readonly LockRow[],
    leaseMs: number,
    signal: AbortSignal,
  ): Promise<void> => {
    const busyNames = new Set(busy.map((row) => nameOf(row)));
    const firstBusy = names.findIndex((name) => busyNames.has(name));
    // One that we had is another's: our lease on them has ended.
    if (firstBusy < taken) taken = 0;
    // What we have is kept: a wait may be longer than a lease.
    const isKept = nowMs() < takenUntilMs - leaseMs / 2;
    const wanted = isKept ? names.slice(taken, firstBusy) : names.slice(0, firstBusy);
    if (wanted.length === 0) return;
    mayHold = true;
    const untilMs = nowMs() + leaseMs;
    const result = await acquire(wanted, leaseMs, signal);
    if (result === "contention" || "rows" in result) return;
    takenUntilMs = isKept && taken > 0 ? Math.min(takenUntilMs, untilMs) : untilMs;
    taken = firstBusy;
  };

  const refuse = async (
    busy: readonly LockRow[],
    leaseMs: number,
    signal: AbortSignal,
  ): Promise<Attempt> => {
    const busyForMs = Math.max(...busy.map((row) => row.leaseUntilMs)) + clockSkewMs + 1 - nowMs();
    refusals += 1;
    if (refusals > refusalsBeforeOrder && names.length > 1) {
      await takeInOrder(busy, leaseMs, signal);
    }
    return { granted: false, busyForMs, isPressing: taken > 0 };
  };

  const attempt = async (leaseMs: number, signal: AbortSignal): Promise<Attempt> => {
    // A look costs less than a write that is refused, and is in nobody's way.
    if (wasBusy) {
      const rows = await readRows(client, table, names, signal);
      const busy = rows.filter((row) => isBusy(row, nowMs()));
      if (busy.length > 0) return refuse(busy, leaseMs, signal);
    }
    const hadSome = mayHold && taken > 0;
    mayHold = true;
    const result = await acquire(names, leaseMs, signal);
    if (result !== "contention" && "token" in result) {
      ({ token } = result);
      return { granted: true, token };
    }
    mayHold = hadSome;
    wasBusy = result !== "contention";
    return result === "contention"
      ? { granted: false, isPressing: true }
      : refuse(result.rows, leaseMs, signal);
  };

  /** Releases these, or all of them but those that are not ours. True when all were ours. */
  const releaseRows = async (some: readonly string[], signal: AbortSignal): Promise<boolean> => {
    if (some.length === 0) return true;
    const updates = some.map((name) => releaseRow({ table, name, owner, nowMs: nowMs() }));
    const result = await writeRowsInTurn<LockRow>(client, updates, random, signal);
    if (result.written) return true;
    const { refusals } = result;
    // Only we release under our token: an attempt before had been applied, its reply lost.
    const wereReleased = refusals.every(
      ({ row }) => row !== undefined && row.token === token && row.leaseUntilMs === 0,
    );
    const others = some.filter((_, index) => refusals.every((one) => one.index !== index));
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

/** Whoever is refused more often takes names in their order. Most are not: all at once is cheaper. */
const refusalsBeforeOrder = 3;

const clockSkewMsDefault = 1_000;
const clockSkewMsMax = 60_000;

/** @throws LockError `invalid_argument` */
export const createDynamoDbLocks = (options: DynamoDbLocksOptions): DynamoDbLocks => {
  const { client, table, clockSkewMs = clockSkewMsDefault } = options;
  const place: Place = {
    client,
    table,
    clockSkewMs: integerWithin("clockSkewMs", clockSkewMs, 0, clockSkewMsMax),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    lastToken: 0,
  };
  const backend: Backend<TransactionAction> = {
    name: "dynamodb",
    claim: (request) => createClaim(place, request),
    isFinal,
    // The client is whose it was.
    close: async () => {},
  };
  return createLocks(backend, options);
};
