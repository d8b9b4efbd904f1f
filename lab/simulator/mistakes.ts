/**
 * Mistakes that can be planted in the core, to show that the simulator catches them: a condition
 * dropped, a version not checked. Each is a change of one source as it is loaded; no file is touched.
 */
import { registerHooks } from "node:module";
import type { ScenarioName } from "./scenarios/scenarios.ts";

interface Mistake {
  /** Path from the project's folder. */
  file: string;
  /** Text that occurs there exactly once, and the text that is loaded in its place. */
  original: string;
  mistake: string;
  /** The scenario that meets it; `default-location` when absent. */
  scenario?: ScenarioName;
  /** A seed that meets it, where the first ones do not: it saves the time of the others. */
  seed?: number;
  /** True where it takes more seeds, or longer runs, than a test can: plant it by the command. */
  isRare?: boolean;
}

const catalogue = {
  // The rules of the hold protocol.
  "units-taken-without-condition": {
    file: "inventory/stock/row.ts",
    original: `"#available >= :taken"`,
    mistake: `"attribute_exists(#open) AND :taken >= :one"`,
  },
  "owned-at-any-version": {
    file: "inventory/stock/marker.ts",
    original: `own === row && version === marker.version`,
    mistake: `own === row && version > 0`,
    seed: 2,
  },
  "ended-at-any-base": {
    file: "inventory/stock/marker.ts",
    original: `ended.base === base && ended.version === version`,
    mistake: `ended.base > 0 && ended.version === version`,
    seed: 6,
  },
  "given-back-without-tombstone": {
    file: "inventory/stock/resolve.ts",
    original: `records.set(id, await supersede(database, id, records.get(id), marker.base, call));`,
    mistake: `return "superseded";`,
  },
  "undone-without-superseding": {
    file: "inventory/reservations/hold-lines.ts",
    original: `record ?? (await superseded(database, reservationId, base, call));`,
    mistake: `record ?? { version: base + 1, parts: [] };`,
    seed: 2,
  },
  "committed-over-a-tombstone": {
    file: "inventory/stock/put-record.ts",
    original: `"attribute_not_exists(reservationId)"`,
    mistake: `"attribute_not_exists(noSuchAttribute)"`,
    seed: 2,
  },
  "committed-over-any-version": {
    file: "inventory/stock/put-record.ts",
    original: `"#version = :base"`,
    mistake: `"#version >= :base"`,
    seed: 2,
  },
  "commit-keeps-the-version": {
    file: "inventory/stock/put-record.ts",
    original: `version: base + 1,`,
    mistake: `version: Math.max(1, base),`,
    seed: 2,
  },
  "superseded-units-kept": {
    file: "inventory/stock/resolve.ts",
    original: `kindOf(marker).isEager === (decision === "superseded")`,
    mistake: `!kindOf(marker).isEager && decision === "decided"`,
  },
  "returned-before-the-record": {
    file: "inventory/stock/marker.ts",
    original: `movement: "release",
    isEager: false,`,
    mistake: `movement: "release",
    isEager: true,`,
  },
  "undecided-markers-ignored": {
    file: "inventory/reservations/make-room.ts",
    original: `if (!waits && !hasUnits) return "blocked";`,
    mistake: `return { short: [...rows] };`,
    seed: 4,
  },
  "first-refusal-trusted": {
    file: "inventory/reservations/make-room.ts",
    original: `if (open.length > 0) {`,
    mistake: `if (open.length > 99) {`,
  },
  "dead-holds-overlooked": {
    file: "inventory/reservations/make-room.ts",
    original: `available + reserved >= quantity;`,
    mistake: `available + reserved < 0;`,
  },
  "supersede-keeps-the-version": {
    file: "inventory/stock/resolve.ts",
    original: `SET #version = #version + :one, #updatedAtMs = :now`,
    mistake: `SET #version = #version + :one - :one, #updatedAtMs = :now`,
  },
  "added-at-any-base": {
    file: "inventory/stock/marker.ts",
    original: `record.version !== marker.base + 1`,
    mistake: `record.version < marker.base`,
    isRare: true,
  },
  // The rows of a level.
  "arrived-before-the-record": {
    file: "inventory/stock/marker.ts",
    original: `letter: "v",
    movement: "move",
    isEager: false,`,
    mistake: `letter: "v",
    movement: "move",
    isEager: true,`,
  },
  "moved-without-a-record": {
    file: "inventory/stock/move-units.ts",
    original: `return "written" in (await putRecord(database, 0, itemAt, call));`,
    mistake: `return parts.length > 0;`,
  },
  "units-under-way-ignored": {
    file: "inventory/stock/level.ts",
    original: `const isStill = moving.every(({ length }) => length === 0);`,
    mistake: `const isStill = moving.length > 0;`,
    isRare: true,
  },
  "row-begins-at-old-versions": {
    file: "inventory/stock/shards.ts",
    original: `      version,
      startVersion: version,`,
    mistake: `      version: 0,
      startVersion: 0,`,
  },
  "merged-row-made-again": {
    file: "inventory/stock/shards.ts",
    original: `version: Math.max(first.version, version) + 1,`,
    mistake: `version: 0,`,
    isRare: true,
  },
  "ended-in-a-later-row": {
    file: "inventory/stock/row.ts",
    original: `#startVersion < :startsBefore`,
    mistake: `#startVersion <> :startsBefore`,
    seed: 8,
  },
  // The units of a reservation after it was held.
  "version-not-expected": {
    file: "inventory/reservations/change-hold.ts",
    original: `expectedVersion !== undefined && item.version !== expectedVersion`,
    mistake: `expectedVersion === 0 && item.version !== expectedVersion`,
  },
  "changed-past-its-end": {
    file: "inventory/reservations/change-hold.ts",
    original: `rewrite, isBeforeEnd: true };`,
    mistake: `rewrite, isBeforeEnd: false };`,
  },
  "refused-change-gives-up-units": {
    file: "inventory/reservations/change-parts.ts",
    original: `decisionOf(row, marker, records.get(marker.reservationId)),`,
    mistake: `"decided",`,
  },
  "refused-change-keeps-units": {
    file: "inventory/reservations/amend.ts",
    original: `hasTouched ? await giveBack(database, target, undefined, got, call) : undefined;`,
    mistake: `hasTouched ? noteHeld(database, got) : undefined;`,
  },
  "rest-of-a-sale-lost": {
    file: "inventory/reservations/confirm.ts",
    original: `const given = sold.rest.filter(isOpen);`,
    mistake: `const given = [];`,
    seed: 2,
  },
  "late-sale-to-be-removed": {
    file: "inventory/reservations/confirm.ts",
    original: `const { ttlSeconds: _ttl, awaitsStock: _awaits, ...rest } = item;`,
    mistake: `const { awaitsStock: _awaits, ...rest } = item;`,
  },
  "late-sale-of-one-line": {
    file: "inventory/reservations/confirm.ts",
    original: `linesTogether(lines === undefined ? item.lines :`,
    mistake: `linesTogether(lines === undefined ? item.lines.slice(0, 1) :`,
    seed: 5,
  },
  "whole-part-ended": {
    file: "inventory/reservations/parts.ts",
    original: `if (units > 0) changing.push({ ...part, quantity: units });`,
    mistake: `if (units > 0) changing.push(part);`,
  },
  "one-part-decides": {
    file: "inventory/stock/marker.ts",
    original: `return ended.by === kind && ended.base === base && ended.version === version;
    }),`,
    mistake: `return ended.by === kind && ended.base === base && ended.version === version;
    }).slice(0, 1),`,
  },
  "fulfilled-and-cancelled": {
    file: "inventory/reservations/sold-units.ts",
    original: `done: "cancelled",
  isConcerned: isOpen,`,
    mistake: `done: "cancelled",
  isConcerned: ({ ended }) => ended?.by !== "cancellation",`,
  },
  "returned-twice": {
    file: "inventory/reservations/parts.ts",
    original: `ended?.by === "fulfilment" && returned === undefined;`,
    mistake: `ended?.by === "fulfilment" && returned !== null;`,
  },
  "returned-before-it-left": {
    file: "inventory/reservations/sold-units.ts",
    original: `isConcerned: isHandedOver,`,
    mistake: `isConcerned: ({ returned }) => returned === undefined,`,
  },
  "key-not-kept": {
    file: "inventory/reservations/request-keys.ts",
    original: `const changed = request === undefined ? item : { ...item, requests };`,
    mistake: `const changed = request === undefined ? { ...item, requests } : item;`,
  },
  "key-not-compared": {
    file: "inventory/reservations/request-keys.ts",
    original: `known === request!.fingerprint ? "repeat" : "reused"`,
    mistake: `known !== "" ? "repeat" : "reused"`,
  },
  "partial-hold-of-all-lines": {
    file: "inventory/reservations/reserve.ts",
    original: `const attributes = attributesOfHold(parts);`,
    mistake: `const attributes = { ...attributesOfHold(parts), lines: request.lines };`,
  },
  // The operations on it.
  "one-id-for-many-keys": {
    file: "inventory/identity.ts",
    original: `JSON.stringify([...scope, idempotencyKey])`,
    mistake: `JSON.stringify([...scope, idempotencyKey.slice(0, -1)])`,
  },
  "expired-before-its-end": {
    file: "inventory/reservations/reservation.ts",
    original: `item.expiresAtMs <= nowMs;`,
    mistake: `item.expiresAtMs <= nowMs + 900;`,
    seed: 2,
  },
  "never-due": {
    file: "inventory/reservations/reservation.ts",
    original: `item.status === "held" && item.expiresAtMs <= nowMs;`,
    mistake: `item.status === "held" && item.expiresAtMs <= 0 * nowMs;`,
    isRare: true,
  },
  "confirmed-past-its-end": {
    file: "inventory/reservations/confirm.ts",
    original: `"#status = :held AND #expiresAtMs > :now AND`,
    mistake: `"#status = :held AND #expiresAtMs > :one AND`,
    seed: 2,
  },
  "extended-past-its-end": {
    file: "inventory/reservations/extend.ts",
    original: `"#status = :held AND #expiresAtMs > :now AND`,
    mistake: `"#status = :held AND :now > :one AND`,
  },
  "extension-hidden-by-a-change": {
    file: "inventory/reservations/extend.ts",
    original: `attempt.updatedAtMs === item.extendedAtMs`,
    mistake: `attempt.updatedAtMs === item.updatedAtMs`,
    scenario: "mixed",
    seed: 11,
  },
  "adjusted-twice": {
    file: "inventory/stock/apply-change.ts",
    original: `return putRecord(database, base, itemAt, call);`,
    mistake: `return { written: { ...itemAt(0), updatedAtMs: 0, version: base + 1 } };`,
  },
  "counted-over-a-count": {
    file: "inventory/stock/set-stock.ts",
    original: `"#onHandVersion = :seen AND`,
    mistake: `"#onHandVersion >= :seen AND`,
  },
  "shortage-before-the-record": {
    file: "inventory/reservations/reserve.ts",
    original: `const isDecided = record !== undefined && record.status !== "abandoned";`,
    mistake: `const isDecided = false;`,
    seed: 4,
  },
  "repeat-not-compared": {
    file: "inventory/reservations/reserve.ts",
    original: `existing.fingerprint !== hash`,
    mistake: `existing.fingerprint === undefined`,
  },
  "cancelled-over-a-hold": {
    file: "inventory/shop-orders/order-record.ts",
    original: `if (found !== undefined && found.status !== "abandoned") return found;`,
    mistake: `if (found?.status === "rejected") return found;`,
    seed: 26,
  },
  "order-held-by-both-ways": {
    file: "inventory/shop-orders/place-order.ts",
    original: `if (await isReservedOtherwise(database, order, reservationId, call)) return`,
    mistake: `if (await isReservedOtherwise(database, order, reservationId, call) && orderId === undefined) return`,
    scenario: "order-by-two-ways",
  },
  // Locations, and what is kept from sale.
  "taken-at-the-default-location": {
    file: "inventory/reservations/take-units.ts",
    original: `const levelKey = levelKeyOf(line);`,
    mistake: `const levelKey = line.sku;`,
    scenario: "locations",
  },
  "returned-at-the-default-location": {
    file: "inventory/reservations/change-parts.ts",
    original: `? levelKeyOfRow(row) : row;`,
    mistake: `? row.split("@", 1)[0]! : row;`,
    scenario: "locations",
  },
  "safety-stock-is-sold": {
    file: "inventory/stock/set-stock.ts",
    original: `return onHand - level.onHand - ((safetyStock ?? before) - before);`,
    mistake: `return onHand - level.onHand - 0 * before;`,
    scenario: "locations",
  },
  "received-before-the-record": {
    file: "inventory/stock/marker.ts",
    original: `letter: "i",
    movement: "transfer",
    isEager: false,`,
    mistake: `letter: "i",
    movement: "transfer",
    isEager: true,`,
    scenario: "locations",
    isRare: true,
  },
  "recalled-without-condition": {
    file: "inventory/stock/row.ts",
    original: `conditions.push("#unavailable >= :recalled");`,
    mistake: `conditions.push(":recalled > :none");`,
    scenario: "locations",
  },
  // Orders by channel.
  "row-taken-from-twice": {
    file: "inventory/sourcing/take-by-channel.ts",
    original: `?? ("unseen" as const), own }`,
    mistake: `?? ("unseen" as const), own: [] }`,
    scenario: "channels",
    seed: 40,
  },
  "refused-by-one-read": {
    file: "inventory/sourcing/make-room-at-locations.ts",
    original: `return areSameRows(before, rows) && markersInTheWay(rows).length === 0;`,
    mistake: `return areSameRows(rows, rows);`,
    scenario: "channels",
    seed: 69,
  },
  "refused-beside-markers": {
    file: "inventory/sourcing/make-room-at-locations.ts",
    original: `markers: othersIn(row, own) }`,
    mistake: `markers: othersIn(row, own).slice(99) }`,
    scenario: "channels",
  },
  "dead-holds-of-locations-kept": {
    file: "inventory/sourcing/make-room-at-locations.ts",
    original: `const hasSearched = await searchDeadHolds(database, sourcing, call);`,
    mistake: `const hasSearched = database.now() < 0 && (await searchDeadHolds(database, sourcing, call));`,
    scenario: "channels",
  },
  "own-units-in-the-way": {
    file: "inventory/sourcing/take-by-channel.ts",
    original: `if (planWithOwn(sourcing) !== undefined) return`,
    mistake: `if (planWithOwn(sourcing) === wants as never) return`,
    scenario: "channels",
    seed: 81,
  },
  "split-without-limit": {
    file: "inventory/sourcing/plan-sources.ts",
    original: `if (locationsOf(plan, used).size <= splitsMax) return plan;`,
    mistake: `if (locationsOf(plan, used).size > 0) return plan;`,
    scenario: "channels",
  },
  "locations-in-use-forgotten": {
    file: "inventory/sourcing/order-sourcing.ts",
    original: `new Set([...usedBefore, ...own.map((one) => locationOf(order, one))])`,
    mistake: `new Set([...usedBefore, ...own.slice(1).map((one) => locationOf(order, one)).filter(() => splitsMax < 0)])`,
    scenario: "channels",
  },
  "fewer-locations-than-in-use": {
    file: "inventory/sourcing/order-sourcing.ts",
    original: `splitsMax: Math.max(usedBefore.size,`,
    mistake: `splitsMax: Math.max(0 * usedBefore.size,`,
    scenario: "mixed",
    isRare: true,
  },
  "partial-hold-of-less": {
    file: "inventory/sourcing/order-sourcing.ts",
    original: `reach[index]! > taken + units[index]!`,
    mistake: `reach[index]! > taken + units[index]! + 99`,
    scenario: "mixed",
    isRare: true,
  },
  "refused-by-counts-before-the-search": {
    file: "inventory/sourcing/make-room-at-locations.ts",
    original: `return !hasSearched || (await isStill()) ? "short" : "again";`,
    mistake: `return !hasSearched || areSameRows(before, rowsOf(sourcing)) ? "short" : "again";`,
    scenario: "channels",
    seed: 3,
  },
  // Units that are sold before they are there.
  "served-youngest-first": {
    file: "inventory/reservations/serve-backorders.ts",
    original: `one.createdAtMs - other.createdAtMs ||`,
    mistake: `other.createdAtMs - one.createdAtMs ||`,
    scenario: "backorders",
  },
  "queue-with-gaps": {
    file: "inventory/reservations/serve-backorders.ts",
    original: `if (known < waiting) return undefined;`,
    mistake: `if (known < 0) return undefined;`,
    scenario: "backorders",
    isRare: true,
  },
  "shipped-before-it-is-there": {
    file: "inventory/reservations/parts.ts",
    original: `isOpen(part) && !isBackorderKey(part.row);`,
    mistake: `isOpen(part) && part.row !== "";`,
    scenario: "backorders",
  },
  "waiting-sale-unlisted": {
    file: "inventory/reservations/hold-index.ts",
    original: `if (waiting.length === 0) return rest;`,
    mistake: `if (waiting.length >= 0) return rest;`,
    scenario: "backorders",
  },
  "short-at-two-times": {
    file: "inventory/reservations/take-backorder.ts",
    original: `if (!isProven || available >= line.quantity) return { blocked: true };`,
    mistake: `if (!isProven && available < 0) return { blocked: true };`,
    scenario: "backorders",
    isRare: true,
  },
  "sales-missing-in-the-ledger": {
    file: "inventory/stock/ledger.ts",
    original: `if (isExplained && isNothing(rest)) return movements;`,
    mistake: `if (isExplained) return movements.filter(({ kind }) => kind !== "fulfilment");`,
  },
} as const satisfies Record<string, Mistake>;

export type MistakeName = keyof typeof catalogue;
export const mistakes: Readonly<Record<MistakeName, Mistake>> = catalogue;
export const mistakeNames = Object.keys(mistakes) as MistakeName[];

/**
 * Plants a mistake in this thread, for all that is imported afterwards.
 *
 * @throws Error where the text to replace does not occur exactly once
 */
export const plantMistake = (name: MistakeName): void => {
  const { file, original, mistake } = mistakes[name];
  const { href } = new URL(`../../${file}`, import.meta.url);
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      if (url !== href) return loaded;
      const parts = textOf(loaded.source).split(original);
      if (parts.length !== 2) {
        throw new Error(`${file} has the text of ${name} ${parts.length - 1} times: ${original}`);
      }
      return { ...loaded, source: parts.join(mistake) };
    },
  });
};

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray | undefined): string {
  return typeof source === "string" ? source : Buffer.from(source as Uint8Array).toString();
}
