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
  /** The scenario that meets it; `mixed` when absent. */
  scenario?: ScenarioName;
}

const catalogue = {
  "hold-without-condition": {
    file: "inventory/stock/stock-change.ts",
    original: `condition: "#available >= :quantity"`,
    mistake: `condition: "attribute_exists(#available)"`,
  },
  "end-without-version": {
    file: "inventory/reservations/transitions.ts",
    original: `ConditionExpression: "#version = :seen"`,
    mistake: `ConditionExpression: "#version >= :seen"`,
  },
  "hold-over-a-hold": {
    file: "inventory/reservations/write-hold.ts",
    original: `ConditionExpression: "attribute_not_exists(reservationId)"`,
    mistake: `ConditionExpression: "attribute_not_exists(noSuchAttribute)"`,
  },
  "one-id-for-many-keys": {
    file: "inventory/identity.ts",
    original: `JSON.stringify([...scope, idempotencyKey])`,
    mistake: `JSON.stringify([...scope, idempotencyKey.slice(0, -1)])`,
  },
  "expired-before-its-end": {
    file: "inventory/reservations/reservation.ts",
    original: `item.expiresAtMs <= nowMs;`,
    mistake: `item.expiresAtMs <= nowMs + 900;`,
  },
  "never-due": {
    file: "inventory/reservations/reservation.ts",
    original: `item.status === "held" && item.expiresAtMs <= nowMs;`,
    mistake: `item.status === "held" && item.expiresAtMs <= 0 * nowMs;`,
  },
  "dead-holds-overlooked": {
    file: "inventory/reservations/write-hold.ts",
    original: `return !isHopeless && expireDeadHolds(database, missing, call);`,
    mistake: `return isHopeless && expireDeadHolds(database, missing, call);`,
  },
  "units-given-back-once-more": {
    file: "inventory/stock/stock-change.ts",
    original: `set: "#available = #available + :quantity, #reserved = #reserved - :quantity"`,
    mistake: `set: "#available = #available + :quantity, #reserved = #reserved - :one"`,
  },
  "adjusted-without-version": {
    file: "inventory/stock/adjust.ts",
    original: `ConditionExpression: "#version = :seen"`,
    mistake: `ConditionExpression: "#version >= :seen"`,
  },
  "adjusted-twice": {
    file: "inventory/stock/adjust.ts",
    original: `ConditionExpression: "attribute_not_exists(movementId)"`,
    mistake: `ConditionExpression: "attribute_not_exists(noSuchAttribute)"`,
  },
  "count-below-the-held": {
    file: "inventory/stock/stock.ts",
    original: `"attribute_not_exists(#sku) OR #reserved <= :onHand"`,
    mistake: `"attribute_not_exists(#sku) OR attribute_exists(#reserved) OR :onHand > :zero"`,
  },
  "conflict-taken-for-success": {
    file: "inventory/dynamodb/transact.ts",
    original: `if (!("retry" in result)) return result;`,
    mistake: `if (!("retry" in result)) return result; else return { applied: true };`,
  },
  "shortage-before-the-record": {
    file: "inventory/dynamodb/transact.ts",
    original: `if (failed(record)) return { applied: false, by: "record", ...found<Item>(record) };`,
    mistake: `if (failed(record) && !others.some(failed)) return { applied: false, by: "record", ...found<Item>(record) };`,
  },
  "cancelled-over-a-hold": {
    file: "inventory/shop-orders/order-record.ts",
    original: `ConditionExpression: "attribute_not_exists(reservationId)"`,
    mistake: `ConditionExpression: "attribute_not_exists(noSuchAttribute)"`,
  },
  "repeat-not-compared": {
    file: "inventory/reservations/reserve.ts",
    original: `existing.fingerprint !== hold.fingerprint`,
    mistake: `existing.fingerprint === undefined`,
  },
  "extended-past-its-end": {
    file: "inventory/reservations/extend.ts",
    original: `"#status = :held AND #expiresAtMs > :now AND`,
    mistake: `"#status = :held AND :now > :one AND`,
  },
  "sales-missing-in-the-ledger": {
    file: "inventory/stock/ledger.ts",
    original: `if (lastChange.kind === "adjustment") return undefined;`,
    mistake: `if (lastChange.kind === "adjustment" || lastChange.kind === "sale") return undefined;`,
  },
  // Only an order of more lines than a transaction takes can be half written.
  "half-an-order-forgotten": {
    file: "inventory/reservations/settle.ts",
    original: `{ change: "giveBack", from: 0, to: item.remaining.from }`,
    mistake: `{ change: "giveBack", from: 1, to: item.remaining.from }`,
    scenario: "large-orders",
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
