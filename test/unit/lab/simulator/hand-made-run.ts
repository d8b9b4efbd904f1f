/** A run whose commits a test makes by hand, step by step, for the checks of the simulator. */
import { marshall } from "@aws-sdk/util-dynamodb";
import type { Part, PartEnd, ReservationItem, StockItem } from "../../../../contract/tables.ts";
import {
  effectOf,
  findMarker,
  kindOf,
  markerKey,
  markerTerm,
  type Marker,
  type NewMarker,
} from "../../../../inventory/stock/marker.ts";
import { tableNames } from "../../../../lab/app/table-names.ts";
import { createHistory } from "../../../../lab/simulator/checks/history.ts";
import { createWatch } from "../../../../lab/simulator/checks/watch.ts";
import { epochMs } from "../../../../lab/simulator/cloud/environment.ts";
import type { CallRecord } from "../../../../lab/simulator/cloud/holdfast.ts";
import type { ShopAnswer, ShopCall } from "../../../../lab/simulator/cloud/shop-calls.ts";
import type { Attempt, Commit } from "../../../../lab/simulator/service/context.ts";
import type { VirtualTime } from "../../../../lab/simulator/time/virtual-time.ts";

export const mug = "mug";
/** Ids of reservations. */
export const alice = "00000000-0000-7000-8000-00000000000a";
export const bob = "00000000-0000-7000-8000-00000000000b";

export const holdSeconds = 60;

/** The environment that sends and answers, where a test does not say. */
const sender = "function-1";

/** The marker of a hold of two units by Alice, on no record. */
export const hold = (more: Partial<NewMarker> = {}): NewMarker => ({
  reservationId: alice,
  kind: "hold",
  base: 0,
  quantity: 2,
  ...more,
});

/** The record that owns the units of a marker in the row of mugs, held from the beginning of a run. */
export const heldBy = (marker: Marker, more: Partial<ReservationItem> = {}): ReservationItem => ({
  reservationId: marker.reservationId,
  status: "held",
  lines: [{ sku: mug, quantity: marker.quantity }],
  parts: [{ row: mug, quantity: marker.quantity, version: marker.version }],
  createdAtMs: epochMs,
  expiresAtMs: epochMs + holdSeconds * 1_000,
  fingerprint: "of-the-request",
  version: marker.base + 1,
  updatedAtMs: epochMs,
  ...more,
});

/** The next version of a record whose parts have ended by this marker. */
export const endedBy = (
  item: ReservationItem,
  status: ReservationItem["status"],
  { kind, base, version }: Marker,
): ReservationItem => ({
  ...item,
  status,
  version: item.version + 1,
  parts: item.parts.map((part) => ({ ...part, ended: { by: kind as PartEnd, base, version } })),
});

/** The next version of a record. */
export const next = (
  item: ReservationItem,
  more: Partial<ReservationItem> = {},
): ReservationItem => ({ ...item, version: item.version + 1, ...more });

/** The attributes that follow from the status of a record. */
const attributesOf = ({ status, lines }: ReservationItem): Partial<ReservationItem> => {
  if (status === "held") return { expiryShard: 0, skus: new Set(lines.map(({ sku }) => sku)) };
  return status === "confirmed" ? {} : { ttlSeconds: 0 };
};

/** @param options `isAsked`: callers ask for each sale, fulfilment and cancellation of a whole record */
export const handMadeRun = ({
  refusalMemoryMs = 0,
  fulfillsOnConfirm = false,
  isAsked = true,
} = {}) => {
  let nowMs = 0;
  let requests = 0;
  let counts = 0;
  const time = {
    get nowMs() {
      return nowMs;
    },
  } as VirtualTime;
  const history = createHistory();
  const watch = createWatch(time, history, { refusalMemoryMs, fulfillsOnConfirm });

  const commit = (
    table: string,
    key: Record<string, string>,
    after: object | undefined,
    attempt: Partial<Attempt>,
  ): void => commitAll([{ table, key, after }], attempt);

  /** Commits changes of several records at one instant. */
  const commitAll = (
    changes: readonly {
      table: string;
      key: Record<string, string>;
      after: object | undefined;
    }[],
    attempt: Partial<Attempt> = {},
  ): void => {
    requests += 1;
    watch.onCommit({
      atMs: nowMs,
      attempt: {
        request: { operation: "UpdateItem" },
        requestNumber: requests,
        number: 1,
        sender,
        sentAtWallMs: epochMs + nowMs,
        isCopy: false,
        ...attempt,
      },
      changes: changes.map(({ table, key, after }) => ({
        target: { table, key: marshall(key) },
        ...(after !== undefined && { after: marshall(after, { removeUndefinedValues: true }) }),
      })),
    } as unknown as Commit);
  };

  const rowOf = (sku: string): StockItem => history.stockOf(sku).last!;

  /** Writes a row as the change makes it from the one before. */
  const write = (
    change: (row: StockItem) => Partial<StockItem>,
    attempt: Partial<Attempt> = {},
    sku: string = mug,
  ): void => {
    const row = rowOf(sku);
    commit(tableNames.stock, { sku }, { ...row, ...change(row) }, attempt);
  };

  /** Moves the counts of the row by the effect of the marker. */
  const moved = (row: StockItem, marker: NewMarker, sign: 1 | -1): Partial<StockItem> => {
    const effect = effectOf([marker], sign);
    return {
      onHand: row.onHand + effect.onHand,
      available: row.available + effect.available,
      reserved: row.reserved + effect.reserved,
      version: row.version + 1,
      lastChange: { kind: sign === -1 ? "rollback" : kindOf(marker).movement },
    };
  };

  const without = ({ open }: StockItem, { key }: Marker): StockItem["open"] =>
    Object.fromEntries(Object.entries(open).filter(([name]) => name !== key));

  return {
    history,
    watch,
    rowOf,
    write,
    get violations() {
      return watch.violations.map(({ kind }) => kind);
    },
    get messages() {
      return watch.violations.map(({ kind, message }) => `${kind}: ${message}`);
    },
    /** Continues at this time of the run. */
    at: (ms: number): void => void (nowMs = ms),
    /** Counts the units of a SKU. */
    count: (
      onHand: number,
      attempt: Partial<Attempt> = {},
      more: Partial<StockItem> = {},
    ): void => {
      counts += 1;
      const row = history.stockOf(mug).last;
      const reserved = row?.reserved ?? 0;
      const version = (row?.version ?? 0) + 1;
      const counted = {
        ...(row ?? { sku: mug, open: {}, updatedAtMs: 0 }),
        onHand,
        available: onHand - reserved,
        reserved,
        version,
        onHandVersion: version,
        countId: `count-${counts}`,
        lastChange: { kind: "count" },
        ...more,
      };
      commit(tableNames.stock, { sku: mug }, counted, attempt);
    },
    /** Places a marker, with the units of an eager one. */
    place: (marker: NewMarker, key: string = mug): Marker => {
      const change = (row: StockItem): Partial<StockItem> => ({
        ...(kindOf(marker).isEager ? moved(row, marker, 1) : {}),
        open: { ...row.open, [markerKey(marker)]: row.version + markerTerm(marker, nowMs) },
      });
      write(change, {}, key);
      return findMarker(rowOf(key), marker)!;
    },
    /** Removes a marker with its units: those of a lazy one move, those of an eager one go back. */
    settle: (marker: Marker, key: string = mug): void => {
      const change = (row: StockItem): Partial<StockItem> => ({
        ...moved(row, marker, kindOf(marker).isEager ? -1 : 1),
        open: without(row, marker),
      });
      write(change, {}, key);
    },
    /** Removes a marker alone. */
    clear: (marker: Marker, key: string = mug): void =>
      write((row) => ({ open: without(row, marker) }), {}, key),
    /** Begins another row of the level. */
    begin: (key: string, more: Partial<StockItem> = {}): void => {
      const { version } = rowOf(mug);
      const row: StockItem = {
        sku: key,
        onHand: 0,
        available: 0,
        reserved: 0,
        version,
        startVersion: version,
        onHandVersion: version,
        updatedAtMs: 0,
        open: {},
        lastChange: { kind: "move" },
        ...more,
      };
      commit(tableNames.stock, { sku: key }, row, {});
    },
    /** Says how many rows the level has. */
    setShards: (shards: number | undefined): void => write(() => ({ shards })),
    /** The transaction by which the level gives up a row. */
    shrink: (key: string, more: Partial<StockItem> = {}): void => {
      const first = rowOf(mug);
      const last = rowOf(key);
      const shards = (first.shards ?? 1) - 1;
      const after: StockItem = {
        ...first,
        onHand: first.onHand + last.onHand,
        available: first.available + last.available,
        reserved: first.reserved + last.reserved,
        version: first.version + last.version - (last.startVersion ?? 0) + 1,
        lastChange: { kind: "move" },
      };
      if (shards === 1) delete after.shards;
      else after.shards = shards;
      const table = tableNames.stock;
      commitAll([
        { table, key: { sku: mug }, after: { ...after, ...more } },
        { table, key: { sku: key }, after: undefined },
      ]);
    },
    /** Writes a record, with the attributes that it does not name. */
    put: (item: ReservationItem, attempt: Partial<Attempt> = {}): ReservationItem => {
      const { reservationId } = item;
      for (const operation of isAsked ? (["confirm", "fulfill", "cancel"] as const) : []) {
        watch.onSend({ operation, input: { reservationId } });
      }
      const written = { ...attributesOf(item), ...item };
      commit(tableNames.reservations, { reservationId }, written, attempt);
      return item;
    },
    removeRecord: (reservationId: string): void =>
      commit(tableNames.reservations, { reservationId }, undefined, {}),
    removeRow: (key: string = mug): void => commit(tableNames.stock, { sku: key }, undefined, {}),
    send: (call: ShopCall): void => watch.onSend(call),
    /** Answers a call that began at `startedAtMs`, now. */
    answer: (
      call: ShopCall,
      outcome: Extract<ShopAnswer, { kind: "outcome" }>["outcome"],
      { startedAtMs = nowMs, skewMs = 0 }: Partial<CallRecord> = {},
    ): void =>
      watch.onCall({
        call,
        startedAtMs,
        endedAtMs: nowMs,
        sender,
        skewMs,
        answer: { kind: "outcome", outcome },
      }),
  };
};

export type HandMadeRun = ReturnType<typeof handMadeRun>;

export type Outcome = Extract<ShopAnswer, { kind: "outcome" }>["outcome"];

/** The falsehood of an answer between 50 and 100 ms; undefined where it is true. */
export const falsehood = (
  run: HandMadeRun,
  call: ShopCall,
  outcome: Outcome,
): string | undefined => {
  run.at(100);
  run.answer(call, outcome, { startedAtMs: 50 });
  const [violation] = run.watch.violations.filter(({ kind }) => kind === "false_answer");
  return violation?.message.split("}: ").at(-1);
};

/** The parts of a record, as many of whose units end now in a row of mugs. */
export const partsEndedBy = (
  { parts, version }: ReservationItem,
  by: PartEnd,
  units: number,
): Part[] =>
  parts.flatMap((part): Part[] => {
    if (part.ended !== undefined) return [part];
    const ended = { ...part, quantity: units, ended: { by, base: version, version: 5 } };
    return units === part.quantity
      ? [ended]
      : [ended, { ...part, quantity: part.quantity - units }];
  });

/** The next version of a sold record of which as many units are fulfilled. */
export const fulfilledBy = (
  item: ReservationItem,
  units: number,
  more: Partial<ReservationItem> = {},
): ReservationItem => {
  const parts = partsEndedBy(item, "fulfilment", units);
  const isAll = parts.every(({ ended }) => ended !== undefined);
  return next(item, { parts, status: isAll ? "fulfilled" : "confirmed", ...more });
};

/** A run with ten mugs, two of which Alice holds; her marker is still open. */
export const runWithHold = () => {
  const run = handMadeRun();
  run.count(10);
  const marker = run.place(hold());
  const item = run.put(heldBy(marker));
  return { run, marker, item };
};
