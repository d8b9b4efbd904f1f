/** The refusal of lines that cannot be held. */
import { unknownSkuInBodyStatus } from "../contract/problems.ts";
import type { OrderRefusal, Shortage } from "../inventory/reservations/shortages.ts";
import { refuse, type Refusal } from "./middleware/answer.ts";
import { isoTime } from "./representation.ts";

export const refuseLines = (refusal: OrderRefusal): Refusal => {
  if (refusal.outcome === "unknown_sku") {
    const { skus } = refusal;
    const detail = `No stock was ever set for ${skus.join(", ")}.`;
    return refuse("unknown_sku", detail, { status: unknownSkuInBodyStatus, members: { skus } });
  }
  const detail = `${refusal.shortages.map(sentenceOf).join("; ")}.`;
  const shortages = refusal.shortages.map(shortageBody);
  return refuse("insufficient_stock", detail, { members: { shortages } });
};

const sentenceOf = ({ sku, requested, available }: Shortage): string =>
  `${sku} has ${available} available, ${requested} were requested`;

const shortageBody = ({ nextExpiryAtMs, ...shortage }: Shortage) => ({
  ...shortage,
  ...(nextExpiryAtMs === undefined ? {} : { nextExpiryAt: isoTime(nextExpiryAtMs) }),
});
