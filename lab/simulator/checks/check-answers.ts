/** Checks that each answer was true at some instant between the call and the answer. */
import { unitsMax } from "../../../contract/bounds.ts";
import type { LineShortage, ReservationItem, StoredChannel } from "../../../contract/tables.ts";
import { idOfKey } from "../../../inventory/identity.ts";
import { fingerprintOf, type ReserveInput } from "../../../inventory/reservations/reserve.ts";
import type { AdjustStockInput } from "../../../inventory/stock/adjust.ts";
import { linesTogether, mergeLines } from "../../../inventory/reservations/lines.ts";
import type { Reservation } from "../../../inventory/reservations/reservation.ts";
import { levelKeyOf, type LevelName } from "../../../inventory/stock/level-key.ts";
import type { StockLevel } from "../../../inventory/stock/level.ts";
import type {
  SetAsideInput,
  TransferInput,
  TransferOutcome,
} from "../../../inventory/stock/transfer.ts";
import type { CallRecord } from "../cloud/holdfast.ts";
import type { ShopOperation, ShopOperations } from "../cloud/shop-calls.ts";
import { falseCancel, falsePayment, falsePlacing, falseSoldOrder } from "./check-order-answers.ts";
import {
  falseChange,
  falseConfirm,
  falseSold,
  notShownOrThere,
} from "./check-reservation-answers.ts";
import { hasUnits } from "./owned-units.ts";
import { areAskedUnits } from "./asked-units.ts";
import type { ClaimedLine, ShortageClaim, SourcingClaim } from "./check-shortage.ts";
import { unitsOfLines } from "./line-units.ts";
import type { History } from "./history.ts";
import {
  channelsOf,
  never,
  neverAbsent,
  notShown,
  notStock,
  notStockByRows,
  recordsOf,
  levelsOf,
  type Span,
} from "./span.ts";

/** The reason why an outcome is false; undefined where it is true. */
type Check<Operation extends ShopOperation> = (
  input: ShopOperations[Operation]["input"],
  outcome: ShopOperations[Operation]["outcome"],
  span: Span,
) => string | undefined;

/** Checks one answered call; claims of shortages are left to `claim`. */
export const falseAnswerOf = (
  history: History,
  { call, answer, startedAtMs, endedAtMs, sender, skewMs }: CallRecord,
  requestsUnder: (idempotencyKey: string) => number,
  claim: (shortage: ShortageClaim | SourcingClaim) => void,
): string | undefined => {
  if (answer.kind !== "outcome") return undefined;
  const span: Span = {
    history,
    fromMs: startedAtMs,
    toMs: endedAtMs,
    sender,
    skewMs,
    requestsUnder,
    claim: (lines, { earlierMs = 0, isAny = false } = {}) => {
      const { operation } = call;
      const times = { fromMs: startedAtMs - earlierMs, toMs: endedAtMs };
      claim({ lines, isAny, operation, ...times });
    },
    claimSourced: (sourced, channel, { earlierMs = 0 } = {}) => {
      const { operation } = call;
      const times = { fromMs: startedAtMs - earlierMs, toMs: endedAtMs };
      const known = channelsOf(channel, { history, ...times });
      const channels = known.filter((one) => one !== undefined);
      claim({ sourced, channels, operation, ...times });
    },
  };
  const check = checks[call.operation] as Check<ShopOperation>;
  return check(call.input, answer.outcome, span);
};

const checks: { [Operation in ShopOperation]: Check<Operation> } = {
  reserve: (input, result, span) => {
    switch (result.outcome) {
      case "reserved":
        return notShown(result.reservation, span) ?? otherLines(input, result.reservation, span);
      case "replayed":
        return notShown(result.reservation, span) ?? otherRequest(input, result.reservation, span);
      case "insufficient_stock":
        if (heldThroughout(input, span)) return "it was held under its key all the time";
        return falseRefusal(input, result.shortages, span);
      case "unknown_sku":
        return result.unknown
          .map((level) => neverUnknown(level, input.channel, span))
          .find(Boolean);
      case "unknown_channel":
        return neverWithoutChannel(input.channel, span);
      case "idempotency_key_reused": {
        const lines = mergeLines(input.lines);
        const isOther = (item?: ReservationItem) =>
          item?.fingerprint !== fingerprintOf(input, lines);
        const { reservationId } = result;
        if (!recordsOf(reservationId, span).some((item) => item !== undefined && isOther(item))) {
          return "no other request had its id";
        }
        // The reservation may also be that of the order's event.
        return reservationId === idOfRequest(input) ? onlyUseOf(input, span) : undefined;
      }
    }
  },
  changeHold: falseChange,
  confirm: falseConfirm,
  fulfill: (input, result, span) => falseSold("fulfill", input, result, span),
  cancel: (input, result, span) => falseSold("cancel", input, result, span),
  returnUnits: (input, result, span) => falseSold("returnUnits", input, result, span),
  release: (input, result, span) => notShownOrThere(input.reservationId, result, span),
  extend: (input, result, span) => notShownOrThere(input.reservationId, result, span),
  getReservation: (input, result, span) => notShownOrThere(input.reservationId, result, span),
  listReservations: (_, { reservations }, span) =>
    reservations.map((reservation) => notShown(reservation, span)).find(Boolean),
  setStock: (input, result, span) => {
    const { onHand, allowShortfall = false } = input;
    const levelKey = levelKeyOf(input);
    switch (result.outcome) {
      case "created":
      case "replaced":
        return notStockByRows(result.stock, span) ?? neverCounted(levelKey, onHand, span);
      case "below_reserved":
        if (allowShortfall) return "a shortfall was allowed";
        return (
          notStockByRows(result.stock, span) ??
          (result.stock.reserved > onHand ? undefined : `no more than ${onHand} were reserved`)
        );
      case "version_mismatch":
        return never(levelsOf(levelKey, span), (level) => (level?.version ?? 0) === result.version)
          ? `it never had the version ${result.version}`
          : undefined;
    }
  },
  adjustStock: (input, result, span) => {
    const { sku, location, delta } = input;
    switch (result.outcome) {
      case "adjusted":
      case "replayed":
        return notStockByRows(result.stock, span) ?? neverAdjusted(input, span);
      case "insufficient_stock":
        span.claim([
          { sku, location, requested: -delta, available: Math.max(0, result.stock.available) },
        ]);
        return notStockByRows(result.stock, span);
      case "unknown_sku":
        return neverAbsent(levelKeyOf(input), span);
      case "above_units_max":
        return (
          notStockByRows(result.stock, span) ??
          (result.stock.onHand + delta > unitsMax ? undefined : "its units were within the bound")
        );
      case "idempotency_key_reused":
        return onlyUseOf(input, span);
    }
  },
  setAside: (input, result, span) => {
    if (result.outcome === "insufficient_stock" && input.to === "unavailable") {
      span.claim([asShortage(input, result.stock)]);
    }
    return falseTransfer(input, result, span);
  },
  transferStock: (input, result, span) => {
    if (result.outcome === "insufficient_stock") span.claim([asShortage(input, result.stock)]);
    return falseTransfer(input, result, span);
  },
  getLevel: (name, result, span) =>
    result.outcome === "found" ? notStock(result.stock, span) : neverAbsent(levelKeyOf(name), span),
  setChannel: () => undefined,
  placeOrder: falsePlacing,
  payOrder: falsePayment,
  fulfillOrder: (input, result, span) => falseSoldOrder("fulfillOrder", input, result, span),
  returnOrder: (input, result, span) => falseSoldOrder("returnOrder", input, result, span),
  cancelOrder: falseCancel,
};

/** The id that repeats of a request have in common; undefined when each is a request of its own. */
const idOfRequest = ({ idempotencyKey, reservationId }: ReserveInput): string | undefined =>
  idempotencyKey === undefined ? reservationId : idOfKey(["reservation"], idempotencyKey);

function heldThroughout(input: ReserveInput, span: Span): boolean {
  const id = idOfRequest(input);
  if (id === undefined) return false;
  const records = recordsOf(id, span);
  // Most refused requests have no record, and need no fingerprint.
  if (!records.every(hasUnits)) return false;
  const own = fingerprintOf(input, mergeLines(input.lines));
  return records.every((item) => item?.fingerprint === own);
}

/**
 * A count is true of one instant: with its own changes, and with the units under way between rows, the
 * level has the counted units on hand. Its rows may be written later, and sales go on meanwhile.
 */
function neverCounted(
  levelKey: string,
  counted: number,
  { history, fromMs, toMs, sender }: Span,
): string | undefined {
  if (history.wasChangedByHand(levelKey)) return undefined;
  const own = history
    .countsOf(levelKey)
    .filter((change) => change.sender === sender && change.atMs >= fromMs && change.atMs <= toMs);
  const onHand = history
    .onHandOf(levelKey)
    .entriesWithin(fromMs, toMs)
    .map(({ atMs, value = 0 }) =>
      own.filter((change) => change.atMs > atMs).reduce((sum, { delta }) => sum + delta, value),
    );
  if (onHand.includes(counted)) return undefined;
  return `it never had ${counted} on hand, but ${[...new Set(onHand)].join(", ")}`;
}

function neverAdjusted(input: AdjustStockInput, span: Span): string | undefined {
  const { idempotencyKey } = input;
  if (idempotencyKey === undefined) return undefined;
  const records = recordsOf(idOfKey(["adjustment", levelKeyOf(input)], idempotencyKey), span);
  return never(records, (item) => item?.status === "adjustment")
    ? "it has no record of an adjustment"
    : undefined;
}

/** The shortage that a refusal of a transfer claims, in the level that the units were to leave. */
const asShortage = (
  { quantity: requested }: { quantity: number },
  { sku, location, available }: StockLevel,
): ClaimedLine => ({ sku, location, requested, available: Math.max(0, available) });

function falseTransfer(
  input: SetAsideInput | TransferInput,
  result: TransferOutcome,
  span: Span,
): string | undefined {
  switch (result.outcome) {
    case "moved":
    case "replayed": {
      const { locations = [result.stock] } = result.stock;
      return (
        locations.map((level) => notStockByRows(level, span)).find(Boolean) ??
        neverTransferred(input, span)
      );
    }
    case "insufficient_stock":
      return notStockByRows(result.stock, span);
    case "unknown_sku":
      return neverAbsent(levelKeyOf(result.level), span);
    case "above_units_max":
      return "its units were within the bound";
    case "idempotency_key_reused":
      return onlyUseOf(input, span);
  }
}

function neverTransferred(
  { sku, idempotencyKey }: SetAsideInput | TransferInput,
  span: Span,
): string | undefined {
  if (idempotencyKey === undefined) return undefined;
  const records = recordsOf(idOfKey(["transfer", sku], idempotencyKey), span);
  return never(records, (item) => item?.status === "transfer")
    ? "it has no record of a transfer"
    : undefined;
}

/** A key that only one request was sent with is not reused. */
const onlyUseOf = (
  { idempotencyKey: key }: Pick<ReserveInput, "idempotencyKey">,
  span: Span,
): string | undefined =>
  key !== undefined && span.requestsUnder(key) < 2
    ? `only one request was sent under ${key}`
    : undefined;

/**
 * A new hold has the lines of its request; a partial one has fewer units of those that were short. A repeat
 * shows what has become of them since.
 */
function otherLines(
  { lines: requested, allowPartial = false, channel }: ReserveInput,
  shown: Reservation,
  span: Span,
): string | undefined {
  const { lines, shortages = [] } = shown;
  if (channel !== undefined)
    return otherSources({ lines: requested, allowPartial, channel }, shown, span);
  const wanted = mergeLines(requested);
  const accounted = wanted.flatMap((line) => {
    const short = shortages.find((shortage) => levelKeyOf(shortage) === levelKeyOf(line));
    const held = short?.available ?? line.quantity;
    return held === 0 ? [] : [{ ...line, quantity: held }];
  });
  if (!isSame(linesTogether(lines), accounted))
    return `it shows the lines ${JSON.stringify(lines)}`;
  const isAsked = shortages.every((shortage) =>
    wanted.some(
      (line) => levelKeyOf(line) === levelKeyOf(shortage) && line.quantity === shortage.requested,
    ),
  );
  if (!isAsked) return `it shows the shortages ${JSON.stringify(shortages)}`;
  if (shortages.length > 0 && !allowPartial) return "it holds less, and the caller wants all";
  // One unit more of each was not there.
  span.claim(
    shortages.map(({ available, ...shortage }) => ({ ...shortage, requested: available + 1 })),
  );
  return undefined;
}

/** A new hold by channel has the units of its request, from no more of its locations than are allowed. */
function otherSources(
  {
    lines: requested,
    allowPartial,
    channel,
  }: Required<Pick<ReserveInput, "lines" | "allowPartial" | "channel">> & { channel: string },
  { lines, shortages = [] }: Reservation,
  span: Span,
): string | undefined {
  const wanted = mergeLines(requested).map((line) => {
    const short = shortages.find((shortage) => levelKeyOf(shortage) === levelKeyOf(line));
    return { ...line, quantity: short?.available ?? line.quantity };
  });
  const held = wanted.filter(({ quantity }) => quantity > 0);
  if (!areAskedUnits(unitsOfLines(lines), held, channel)) {
    return `it shows the lines ${JSON.stringify(lines)}`;
  }
  if (shortages.length > 0 && !allowPartial) return "it holds less, and the caller wants all";
  const used = new Set(lines.map(({ location }) => location!));
  const channels = channelsOf(channel, span).filter((one) => one !== undefined);
  const isAllowed = channels.some(
    ({ locations, maxSplits = locations.length }) =>
      used.size <= maxSplits && [...used].every((location) => locations.includes(location)),
  );
  if (!isAllowed) return `its units come from ${[...used].join(", ")}`;
  // With a limit, units may be at a location that is one too many.
  if (channels.some(({ maxSplits }) => maxSplits !== undefined)) return undefined;
  for (const { sku, location, available } of shortages) {
    span.claimSourced([{ sku, location, quantity: available + 1 }], channel);
  }
  return undefined;
}

function neverUnknown(
  level: LevelName,
  channel: string | undefined,
  span: Span,
): string | undefined {
  if (channel === undefined || level.location !== undefined) {
    return neverAbsent(levelKeyOf(level), span);
  }
  const isUnknownIn = ({ locations }: StoredChannel): boolean =>
    locations.every(
      (location) => neverAbsent(levelKeyOf({ ...level, location }), span) === undefined,
    );
  const channels = channelsOf(channel, span).filter((one) => one !== undefined);
  return channels.some(isUnknownIn) ? undefined : `${level.sku} was known in ${channel}`;
}

const neverWithoutChannel = (channel: string | undefined, span: Span): string | undefined =>
  channel === undefined || never(channelsOf(channel, span), (one) => one === undefined)
    ? `the channel ${channel} was there`
    : undefined;

/** A repeat shows the reservation of its own request, or that of the order's event for the same lines. */
function otherRequest(
  input: ReserveInput,
  { reservationId, lines, channel }: Reservation,
  span: Span,
): string | undefined {
  const wanted = mergeLines(input.lines);
  if (reservationId !== idOfRequest(input)) {
    const isSame = areAskedUnits(unitsOfLines(lines), wanted, channel) && channel === input.channel;
    return isSame ? undefined : `it shows the lines ${JSON.stringify(lines)}`;
  }
  const own = fingerprintOf(input, wanted);
  return never(recordsOf(reservationId, span), (item) => item?.fingerprint === own)
    ? "it shows the reservation of another request"
    : undefined;
}

/** A caller who takes less is refused only where there is nothing of any line. */
function falseRefusal(
  { lines: requested, allowPartial = false, channel }: ReserveInput,
  shortages: readonly LineShortage[],
  span: Span,
): string | undefined {
  if (channel === undefined) span.claim(shortages);
  else span.claimSourced(mergeLines(requested), channel);
  if (!allowPartial) return undefined;
  const wanted = mergeLines(requested);
  const singles = wanted.map(({ quantity: _quantity, ...name }) => name);
  if (channel === undefined) span.claim(singles.map((name) => ({ ...name, requested: 1 })));
  else for (const name of singles) span.claimSourced([{ ...name, quantity: 1 }], channel);
  const named = new Set(shortages.map(levelKeyOf));
  const left = wanted.find((line) => !named.has(levelKeyOf(line)));
  return left && `it names no shortage of ${levelKeyOf(left)}`;
}

const isSame = (some: unknown, other: unknown): boolean =>
  JSON.stringify(some) === JSON.stringify(other);
