/** All scenarios by name. */
import {
  carts,
  channelRush,
  flashSale,
  flashSaleByChannel,
  largeOrders,
  soldOut,
} from "./buyers.ts";
import {
  conflictAnswers,
  inconsistentRecord,
  lateRequests,
  orderByTwoWays,
  popularSku,
  repeatedCount,
  starvingAdjustments,
} from "./findings.ts";
import { backorders, channels, defaultLocation, locations, mixed } from "./mixed.ts";
import { orderEvents } from "./order-events.ts";
import type { Scenario } from "./scenario.ts";
import { expiryWave, restock, restockUnderLoad, shortfall } from "./stock-keeping.ts";

export const scenarios = {
  mixed,
  "default-location": defaultLocation,
  locations,
  channels,
  backorders,
  "flash-sale": flashSale,
  "flash-sale-by-channel": flashSaleByChannel,
  "channel-rush": channelRush,
  "sold-out": soldOut,
  carts,
  "large-orders": largeOrders,
  "expiry-wave": expiryWave,
  "order-events": orderEvents,
  restock,
  "restock-under-load": restockUnderLoad,
  shortfall,
  "conflict-answers": conflictAnswers,
  "repeated-count": repeatedCount,
  "starving-adjustments": starvingAdjustments,
  "order-by-two-ways": orderByTwoWays,
  "inconsistent-record": inconsistentRecord,
  "late-requests": lateRequests,
  "popular-sku": popularSku,
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;
export const scenarioNames = Object.keys(scenarios) as ScenarioName[];
