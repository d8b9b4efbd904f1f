/** The time between a call and its answer, and what was true within it. */
import type { Line, ReservationItem, StockItem, StoredChannel } from "../../../contract/tables.ts";
import { channelMemoryMs } from "../../../contract/bounds.ts";
import type { Reservation } from "../../../inventory/reservations/reservation.ts";
import { levelKeyOf } from "../../../inventory/stock/level-key.ts";
import { shardsOf, type StockLevel } from "../../../inventory/stock/level.ts";
import { epochMs } from "../cloud/environment.ts";
import type { ShortageClaim } from "./check-shortage.ts";
import type { History, RecordWrite } from "./history.ts";
import type { LevelSums } from "./levels.ts";
import { unitsIn } from "./line-units.ts";

export interface Span {
  history: History;
  fromMs: number;
  toMs: number;
  /** The environment that answers. */
  sender: string;
  skewMs: number;
  /** Counts the different requests that were sent under a key. */
  requestsUnder(idempotencyKey: string): number;
  /** Leaves a claim to be checked when the run has ended. */
  claim(lines: ShortageClaim["lines"], options?: { earlierMs?: number; isAny?: boolean }): void;
  /** The same that no allowed choice of locations of the channel had all these units. */
  claimSourced(lines: readonly Line[], channel: string, options?: { earlierMs?: number }): void;
}

/** Versions of a record that were current at some instant of the span. */
export const recordsOf = (id: string, { history, fromMs, toMs }: Span) =>
  history.reservation(id).within(fromMs, toMs);
/** The channel as functions may know it at some instant of the span. */
export const channelsOf = (
  name: string,
  { history, fromMs, toMs }: Pick<Span, "history" | "fromMs" | "toMs">,
): (StoredChannel | undefined)[] =>
  history.channels.within(fromMs - channelMemoryMs, toMs).map((channels) => channels?.[name]);
export const levelsOf = (levelKey: string, { history, fromMs, toMs }: Span) =>
  history.levelOf(levelKey).within(fromMs, toMs);

/** The writes of a record that the answering environment sent and saw committed within the span. */
export const ownWritesOf = (
  id: string,
  { history, fromMs, toMs, sender, skewMs }: Span,
): RecordWrite[] =>
  history.writesOf(id).filter((write) => {
    // Clocks of environments have whole milliseconds.
    const sentAtMs = write.sentAtWallMs - epochMs - skewMs + 1;
    return write.sender === sender && sentAtMs >= fromMs && write.atMs <= toMs;
  });

export const never = <Item>(items: readonly Item[], matches: (item: Item) => boolean): boolean =>
  !items.some(matches);

export const neverAbsent = (levelKey: string, span: Span): string | undefined =>
  never(levelsOf(levelKey, span), (level) => level === undefined)
    ? `${levelKey} was known`
    : undefined;

/**
 * The reason why a reservation was never as an answer shows it. A held one is shown as expired from its
 * end on.
 */
export function notShown(shown: Reservation, span: Span): string | undefined {
  const { reservationId, status, version, expiresAtMs } = shown;
  // Sums of small numbers are exact enough; those of the epoch round to fractions of a millisecond.
  const dueAtMs = expiresAtMs - epochMs;
  const isDueAtEnd = dueAtMs <= span.toMs + span.skewMs;
  const isDueAtStart = dueAtMs <= span.fromMs + span.skewMs;
  const isAsShown = (item?: ReservationItem): boolean => {
    if (item === undefined || item.version !== version || item.expiresAtMs !== expiresAtMs) {
      return false;
    }
    if (!hasContents(item, shown)) return false;
    if (item.status !== "held") return item.status === status;
    return status === "expired" ? isDueAtEnd : status === "held" && !isDueAtStart;
  };
  if (!never(recordsOf(reservationId, span), isAsShown)) return undefined;
  const was = recordsOf(reservationId, span).map(
    (item) =>
      item &&
      `${item.status} version ${item.version} until ${item.expiresAtMs}` +
        (item.version === version && !hasContents(item, shown) ? " with other lines" : ""),
  );
  return (
    `it was never ${status} version ${version} until ${expiresAtMs}, ` +
    `but ${was.map((one) => one ?? "absent").join(", then ")}`
  );
}

/** True when an answer shows the lines of a record, with what has become of their units. */
function hasContents(item: ReservationItem, { lines, shortages }: Reservation): boolean {
  const [open, cancelled, returned, fulfilled] = (
    [["open"], ["cancelled"], ["returned"], ["fulfilled", "returned"]] as const
  ).map((states) => unitsIn(item.parts, states));
  const isSold = item.status === "confirmed" || item.status === "fulfilled";
  return (
    isSame(item.shortages, shortages) &&
    lines.length === item.lines.length &&
    lines.every((line, index) => {
      const { quantity, ...name } = item.lines[index]!;
      const levelKey = levelKeyOf(name);
      const left = quantity - (line.fulfilled ?? 0) - (line.cancelled ?? 0);
      return (
        levelKeyOf(line) === levelKey &&
        line.quantity === quantity &&
        line.fulfilled === fulfilled!.get(levelKey) &&
        line.cancelled === cancelled!.get(levelKey) &&
        line.returned === returned!.get(levelKey) &&
        (!isSold || left === (open!.get(levelKey) ?? 0))
      );
    })
  );
}

const isSame = (some: unknown, other: unknown): boolean =>
  JSON.stringify(some) === JSON.stringify(other);

/** The reason why a stock level was never as an answer shows it: the sums of its rows at one instant. */
export const notStock = (shown: StockLevel, span: Span): string | undefined =>
  never(
    levelsOf(levelKeyOf(shown), span),
    (level) => level !== undefined && isAsShown(level, shown),
  )
    ? neverWas(shown)
    : neverOfShards(shown, span);

/** Sums of rows that are tried; more of them prove nothing. */
const sumsMax = 20_000;

/**
 * The reason why the rows of a stock level never had the sums that an answer shows, each row at an
 * instant of its own. So are the answers to calls that write a level of several rows while it sells.
 */
export function notStockByRows(shown: StockLevel, span: Span): string | undefined {
  const { history, fromMs, toMs } = span;
  let sums = new Map<string, RowSums>([["", none]]);
  for (const key of history.keysOf(levelKeyOf(shown))) {
    const rows = history.stockOf(key).within(fromMs, toMs);
    if (sums.size * rows.length > sumsMax) return undefined;
    sums = new Map(
      [...sums.values()].flatMap((sum) =>
        rows.map((row) => {
          const next = addRow(sum, row);
          return [JSON.stringify(next), next] as const;
        }),
      ),
    );
  }
  return never([...sums.values()], (sum) => isAsShown(sum, shown))
    ? neverWas(shown)
    : neverOfShards(shown, span);
}

type RowSums = Omit<LevelSums, "shards">;

const none: RowSums = { onHand: 0, available: 0, reserved: 0, version: 0 };

const addRow = (sum: RowSums, row: StockItem | undefined): RowSums =>
  row === undefined
    ? sum
    : {
        onHand: sum.onHand + row.onHand,
        available: sum.available + row.available,
        reserved: sum.reserved + row.reserved,
        version: sum.version + row.version - (row.startVersion ?? 0),
      };

const isAsShown = (level: RowSums, shown: StockLevel): boolean =>
  level.version === shown.version &&
  level.onHand === shown.onHand &&
  level.available === shown.available &&
  level.reserved === shown.reserved;

const neverWas = (shown: StockLevel): string =>
  `it never was ${JSON.stringify({ ...shown, lastChange: undefined })}`;

/** A write of the number of rows alone has no version. */
function neverOfShards(shown: StockLevel, span: Span): string | undefined {
  const shards = shardsOf(shown);
  return never(levelsOf(levelKeyOf(shown), span), (level) => level?.shards === shards)
    ? `it never had ${shards} rows`
    : undefined;
}
