/** Stock: what is on hand, what of it is held, the adjustments between counts, and the sales channels. */
import { unitsMax } from "../contract/bounds.ts";
import { versionMismatchInHeaderStatus } from "../contract/problem-json.ts";
import type { Issue } from "../contract/problem-schemas.ts";
import type { RequestInput } from "../contract/request.ts";
import { routes } from "../contract/routes.ts";
import {
  adjustStockRequest,
  atLocation,
  availabilityRequest,
  getStockRequest,
  listHoldsRequest,
  listMovementsRequest,
  listStockRequest,
  moveStockRequest,
  setAsideRequest,
  setCountsRequest,
  setStockRequest,
} from "../contract/stock.ts";
import type { StockRecord } from "../contract/stock-schemas.ts";
import type { Call } from "../inventory/dynamodb/database.ts";
import { mapEach } from "../inventory/for-each.ts";
import type { PageWanted } from "../inventory/dynamodb/list-newest.ts";
import type { Page } from "../inventory/dynamodb/page.ts";
import { listHolds } from "../inventory/reservations/list-holds.ts";
import { adjustStock } from "../inventory/stock/adjust.ts";
import { getAvailability } from "../inventory/sourcing/availability.ts";
import { listMovements } from "../inventory/stock/ledger.ts";
import { levelKeyOf, plainName, type LevelName } from "../inventory/stock/level-key.ts";
import { backorderableOf } from "../inventory/stock/level.ts";
import {
  getLevel,
  getLevels,
  getStock,
  listStock,
  type SkuStock,
} from "../inventory/stock/read-stock.ts";
import { setStock } from "../inventory/stock/set-stock.ts";
import type { AtLevel } from "./at-level.ts";
import { channelOperations } from "./channels.ts";
import * as problems from "../contract/problems.ts";
import { answer, refuse, refuseRequest } from "./middleware/answer.ts";
import { refusalOf } from "./middleware/answer-problems.ts";
import { endpoint, httpHandler } from "./middleware/http-handler.ts";
import { problemOf } from "./middleware/write-response.ts";
import { pageBody } from "./page-body.ts";
import { refuseChannel, refuseUnknown } from "./refuse-lines.ts";
import { movementBody, skuHoldBody, stockBody, wordsFor } from "./representation.ts";
import { move, outOfSaleOrBack } from "./stock-moves.ts";
import { answerFound, answerReplay, answerVersion } from "./versioned.ts";
import { database, logger } from "./wiring.ts";

/**
 * The answer with a page of a level's list. An empty page may be that of an unknown level, or of one whose
 * entries have not reached the list.
 */
const listed = async (level: LevelName, body: Page<unknown>, call: Call) =>
  body.items.length === 0 && !(await getLevel(database, level, call))
    ? refuseUnknown(level)
    : answer(200, "listed", body);

const set = async ({ params, body, ifMatch }: AtLevel<typeof setStockRequest>, call: Call) => {
  const { availableFrom: availableFromMs, expectedVersion = ifMatch, ...counts } = body;
  if (ifMatch !== undefined && expectedVersion !== ifMatch) {
    const message = `must be the version of If-Match, ${ifMatch}, or be left out, not ${expectedVersion}`;
    return refuseRequest([{ path: "expectedVersion", message }]);
  }
  const input = { ...params, ...counts, expectedVersion, availableFromMs };
  const result = await setStock(database, input, call);
  switch (result.outcome) {
    case "created":
      return answerVersion(201, "created", stockBody(result.stock));
    case "replaced":
      return answerVersion(200, "replaced", stockBody(result.stock));
    case "below_reserved":
      return refuse(
        problems.below_reserved,
        `onHand ${body.onHand} is less than the ${result.stock.reserved} units of ` +
          `${wordsFor(params)} that are reserved. PUT it with allowShortfall true to apply it nevertheless.`,
      );
    case "version_mismatch":
      return refuse(
        problems.version_mismatch,
        `${ifMatch === undefined ? "expectedVersion" : "If-Match"} ${expectedVersion} is not the version of ` +
          `${wordsFor(params)}, ${result.version}.`,
        ifMatch === undefined ? {} : { status: versionMismatchInHeaderStatus },
      );
  }
};

const movements = async ({ params, query }: AtLevel<typeof listMovementsRequest>, call: Call) => {
  const read = (wanted: PageWanted) => listMovements(database, { ...params, ...wanted }, call);
  return listed(params, await pageBody(query, read, movementBody), call);
};

const holds = async ({ params, query }: AtLevel<typeof listHoldsRequest>, call: Call) => {
  const read = (wanted: PageWanted) => listHolds(database, { ...params, ...wanted }, call);
  return listed(params, await pageBody(query, read, skuHoldBody), call);
};

const adjust = async (
  { params, body, idempotencyKey }: AtLevel<typeof adjustStockRequest>,
  call: Call,
) => {
  const result = await adjustStock(database, { ...params, ...body, idempotencyKey }, call);
  switch (result.outcome) {
    case "adjusted":
      return answerVersion(200, "adjusted", stockBody(result.stock));
    case "replayed":
      return answerReplay(stockBody(result.stock));
    case "unknown_sku":
      return refuseUnknown(params);
    case "insufficient_stock": {
      const available = Math.max(0, result.stock.available);
      const requested = -body.delta;
      return refuse(
        problems.insufficient_stock,
        `delta ${body.delta} takes more than the ${available} units of ${wordsFor(params)} available.`,
        { members: { shortages: [{ ...params, requested, available }] } },
      );
    }
    case "above_units_max": {
      const message = `would bring onHand to ${result.stock.onHand + body.delta}, over ${unitsMax}`;
      return refuseRequest([{ path: "delta", message }]);
    }
    case "idempotency_key_reused":
      return refuse(
        problems.idempotency_key_reused,
        `This key made another adjustment of ${wordsFor(params)}: use a new key.`,
      );
  }
};

const found = (
  { params, ifNoneMatch }: AtLevel<typeof getStockRequest>,
  stock: SkuStock | undefined,
) => {
  if (stock === undefined) return refuseUnknown(params);
  // Its backordered units change without another version of the record.
  const { backorderLimit = 0, backordered = 0 } = stock;
  const mayBeKnown = backorderLimit === 0 && backordered === 0;
  return answerFound(stockBody(stock), mayBeKnown ? ifNoneMatch : undefined);
};

/** The levels that are counted more than once. */
const repeatedIn = (counts: readonly LevelName[]): Issue[] => {
  const keys = counts.map(levelKeyOf);
  return counts.flatMap((level, index) =>
    keys.indexOf(keys[index]!) === index
      ? []
      : [{ path: `counts[${index}]`, message: `counts ${wordsFor(level)} a second time` }],
  );
};

/** Counts that are written side by side. */
const countsInFlight = 16;

const setEach = async ({ body: { counts } }: RequestInput<typeof setCountsRequest>, call: Call) => {
  const issues = repeatedIn(counts);
  if (issues.length > 0) return refuseRequest(issues);
  const results = await mapEach(counts, countsInFlight, async ({ sku, location, ...body }) => {
    const params = { sku, location };
    const result = await set({ params, body }, call).catch((error: Error) => {
      const refusal = refusalOf(error);
      if (refusal.status >= 500) logger.error("count", { ...params, error });
      return refusal;
    });
    return "problem" in result
      ? { ...params, status: result.status, problem: problemOf(result) }
      : { ...(result.body as StockRecord), status: result.status };
  });
  return answer(200, "counted", { results });
};

const look = async (
  { body: { skus, channel, location } }: RequestInput<typeof availabilityRequest>,
  call: Call,
) => {
  if (channel !== undefined && location !== undefined) {
    const message = "must be left out where a channel is named, which has locations of its own";
    return refuseRequest([{ path: "location", message }]);
  }
  if (channel !== undefined) {
    const result = await getAvailability(database, skus, channel, call);
    return result.outcome === "found"
      ? answer(200, "found", { items: result.items })
      : refuseChannel(result);
  }
  const names = skus.map((sku) => plainName({ sku, location }));
  const levels = await getLevels(database, names, call);
  const items = names.map((name, index) => {
    // A level with a shortfall has none, and neither has one that was never set.
    const available = Math.max(0, levels[index]?.available ?? 0);
    const backorderable = backorderableOf(levels[index]);
    return { ...name, available, ...(backorderable > 0 && { backorderable }) };
  });
  return answer(200, "found", { items });
};

export const handler = httpHandler(routes, {
  setStock: endpoint(setStockRequest, set),
  setStockAtLocation: endpoint(atLocation(setStockRequest), set),

  setCounts: endpoint(setCountsRequest, setEach),

  getStock: endpoint(getStockRequest, async (request, call) =>
    found(request, await getStock(database, request.params.sku, call)),
  ),
  getStockAtLocation: endpoint(atLocation(getStockRequest), async (request, call) =>
    found(request, await getLevel(database, request.params, call)),
  ),

  checkAvailability: endpoint(availabilityRequest, look),

  listStock: endpoint(listStockRequest, async ({ query }, call) => {
    const read = (wanted: PageWanted) => listStock(database, wanted, call);
    return answer(200, "listed", await pageBody(query, read, stockBody));
  }),

  listMovements: endpoint(listMovementsRequest, movements),
  listMovementsAtLocation: endpoint(atLocation(listMovementsRequest), movements),

  listHolds: endpoint(listHoldsRequest, holds),
  listHoldsAtLocation: endpoint(atLocation(listHoldsRequest), holds),

  moveStock: endpoint(moveStockRequest, move),
  moveStockAtLocation: endpoint(atLocation(setAsideRequest), outOfSaleOrBack),

  adjustStock: endpoint(adjustStockRequest, adjust),
  adjustStockAtLocation: endpoint(atLocation(adjustStockRequest), adjust),

  ...channelOperations,
});
