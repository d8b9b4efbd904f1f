/** Stock: what is on hand, what of it is held, and the adjustments between counts. */
import { unitsMax } from "../contract/bounds.ts";
import {
  adjustStockRequest,
  getStockRequest,
  listHoldsRequest,
  listMovementsRequest,
  listStockRequest,
  setStockRequest,
} from "../contract/stock.ts";
import type { Call } from "../inventory/dynamodb/database.ts";
import type { Page } from "../inventory/dynamodb/page.ts";
import { listHolds } from "../inventory/reservations/list-holds.ts";
import { adjustStock } from "../inventory/stock/adjust.ts";
import { listMovements } from "../inventory/stock/ledger.ts";
import { getStock, listStock, setStock } from "../inventory/stock/stock.ts";
import { answer, refuse, refuseRequest } from "./middleware/answer.ts";
import { endpoint, httpHandler } from "./middleware/http-handler.ts";
import { movementBody, skuHoldBody, stockBody } from "./representation.ts";
import { database } from "./wiring.ts";

const unknown = (sku: string) => refuse("unknown_sku", `No stock was ever set for ${sku}.`);

/**
 * The answer with a page of a SKU's list. An empty page may be that of an unknown SKU, or of one whose
 * entries have not reached the list.
 */
const listed = async <Item>(
  sku: string,
  { items, ...page }: Page<Item>,
  bodyOf: (item: Item) => unknown,
  call: Call,
) =>
  items.length === 0 && !(await getStock(database, sku, call))
    ? unknown(sku)
    : answer(200, "listed", { items: items.map(bodyOf), ...page });

export const handler = httpHandler({
  setStock: endpoint(setStockRequest, async ({ params: { sku }, body }, call) => {
    const result = await setStock(database, { sku, ...body }, call);
    switch (result.outcome) {
      case "created":
        return answer(201, "created", stockBody(result.stock));
      case "replaced":
        return answer(200, "replaced", stockBody(result.stock));
      case "below_reserved":
        return refuse(
          "below_reserved",
          `onHand ${body.onHand} is less than the ${result.stock.reserved} units of ${sku} that are ` +
            "reserved. Set allowShortfall to true to apply it nevertheless.",
        );
      case "version_mismatch":
        return refuse(
          "version_mismatch",
          `expectedVersion ${body.expectedVersion} is not the version of ${sku}, ${result.version}.`,
        );
    }
  }),

  getStock: endpoint(getStockRequest, async ({ params: { sku } }, call) => {
    const stock = await getStock(database, sku, call);
    return stock ? answer(200, "found", stockBody(stock)) : unknown(sku);
  }),

  listStock: endpoint(listStockRequest, async ({ query }, call) => {
    const { items, ...page } = await listStock(database, query, call);
    return answer(200, "listed", { items: items.map(stockBody), ...page });
  }),

  listMovements: endpoint(listMovementsRequest, async ({ params: { sku }, query }, call) => {
    const page = await listMovements(database, { sku, ...query }, call);
    return listed(sku, page, movementBody, call);
  }),

  listHolds: endpoint(listHoldsRequest, async ({ params: { sku }, query }, call) => {
    const page = await listHolds(database, { sku, ...query }, call);
    return listed(sku, page, skuHoldBody, call);
  }),

  adjustStock: endpoint(adjustStockRequest, async ({ params, body, idempotencyKey }, call) => {
    const { sku } = params;
    const result = await adjustStock(database, { sku, ...body, idempotencyKey }, call);
    switch (result.outcome) {
      case "adjusted":
        return answer(200, "adjusted", stockBody(result.stock));
      case "replayed":
        return answer(200, "replayed", stockBody(result.stock), {
          "Idempotency-Replayed": "true",
        });
      case "unknown_sku":
        return unknown(sku);
      case "insufficient_stock": {
        const available = Math.max(0, result.stock.available);
        const requested = -body.delta;
        return refuse(
          "insufficient_stock",
          `delta ${body.delta} takes more than the ${available} units of ${sku} available.`,
          { members: { shortages: [{ sku, requested, available }] } },
        );
      }
      case "above_units_max": {
        const message = `would bring onHand to ${result.stock.onHand + body.delta}, over ${unitsMax}`;
        return refuseRequest([{ path: "delta", message }]);
      }
      case "idempotency_key_reused":
        return refuse(
          "idempotency_key_reused",
          `This key made another adjustment of ${sku}: use a new key.`,
        );
    }
  }),
});
