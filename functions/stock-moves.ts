/** Moves of stock: units go out of sale and back, or to another location. */
import { unitsMax } from "../contract/bounds.ts";
import type { RequestInput } from "../contract/request.ts";
import type { moveStockRequest, setAsideRequest } from "../contract/stock.ts";
import type { Call } from "../inventory/dynamodb/database.ts";
import { plainName } from "../inventory/stock/level-key.ts";
import { setAside, transferStock, type TransferOutcome } from "../inventory/stock/transfer.ts";
import type { AtLevel } from "./at-level.ts";
import * as problems from "../contract/problems.ts";
import { refuse, refuseRequest } from "./middleware/answer.ts";
import { refuseUnknown } from "./refuse-lines.ts";
import { stockBody, wordsFor } from "./representation.ts";
import { answerReplay, answerVersion } from "./versioned.ts";
import { database } from "./wiring.ts";

/** The answer to a move of so many units that were in this state. */
const moved = (
  result: TransferOutcome,
  requested: number,
  from: "available" | "unavailable" = "available",
) => {
  switch (result.outcome) {
    case "moved":
      return answerVersion(200, "moved", stockBody(result.stock));
    case "replayed":
      return answerReplay(stockBody(result.stock));
    case "unknown_sku":
      return refuseUnknown(result.level);
    case "insufficient_stock": {
      const available = Math.max(0, result.stock[from] ?? 0);
      const level = plainName(result.stock);
      return refuse(
        problems.insufficient_stock,
        `quantity ${requested} is more than the ${available} units of ${wordsFor(level)} that are ${from}.`,
        { members: { shortages: [{ ...level, requested, available }] } },
      );
    }
    case "above_units_max": {
      const onHand = result.stock.onHand + requested;
      const message = `would bring onHand of ${wordsFor(result.stock)} to ${onHand}, over ${unitsMax}`;
      return refuseRequest([{ path: "quantity", message }]);
    }
    case "idempotency_key_reused":
      return refuse(problems.idempotency_key_reused, "This key made another move: use a new key.");
  }
};

export const outOfSaleOrBack = async (
  { params, body, idempotencyKey }: AtLevel<typeof setAsideRequest>,
  call: Call,
) => {
  const { from, to, ...rest } = body;
  if (from === to) {
    return refuseRequest([{ path: "to", message: `must be another state than from, not ${to}` }]);
  }
  const result = await setAside(database, { ...params, ...rest, to, idempotencyKey }, call);
  return moved(result, body.quantity, from);
};

/** Units change their state where the body names states, or else their location. */
export const move = async (input: RequestInput<typeof moveStockRequest>, call: Call) => {
  const { params, body, idempotencyKey } = input;
  const { from, to, fromLocation, toLocation, ...rest } = body;
  const namesStates = from !== undefined || to !== undefined;
  const namesLocations = fromLocation !== undefined || toLocation !== undefined;
  if (namesStates && namesLocations) {
    return refuseRequest([
      { path: "from", message: "and to are for moves within a location: leave out the locations" },
    ]);
  }
  if (!namesStates) {
    if (fromLocation === toLocation) {
      const words = fromLocation ?? "the default one for both";
      const message = `must be another location than fromLocation, not ${words}`;
      return refuseRequest([{ path: "toLocation", message }]);
    }
    const transfer = { ...params, ...rest, fromLocation, toLocation, idempotencyKey };
    return moved(await transferStock(database, transfer, call), body.quantity);
  }
  if (from === undefined || to === undefined) {
    const path = from === undefined ? "from" : "to";
    return refuseRequest([{ path, message: "is missing: it must be available or unavailable" }]);
  }
  return outOfSaleOrBack({ ...input, body: { ...rest, from, to } }, call);
};
