/** Refusals of lines that cannot be held, and of stock that was never set. */
import { unknownInBodyStatus } from "../contract/problem-json.ts";
import * as problems from "../contract/problems.ts";
import type { OrderRefusal, Shortage } from "../inventory/reservations/shortages.ts";
import type { UnknownChannel } from "../inventory/sourcing/remembered-channels.ts";
import type { LevelName } from "../inventory/stock/level-key.ts";
import { refuse, type Refusal } from "./middleware/answer.ts";
import { isoTime, wordsFor } from "./representation.ts";

export const refuseLines = (refusal: OrderRefusal): Refusal => {
  if (refusal.outcome === "unknown_sku") {
    const skus = [...new Set(refusal.unknown.map(({ sku }) => sku))];
    const detail = `No stock was ever set for ${refusal.unknown.map(wordsFor).join(", ")}.`;
    return refuse(problems.unknown_sku, detail, { status: unknownInBodyStatus, members: { skus } });
  }
  const detail = `${refusal.shortages.map(sentenceOf).join("; ")}.`;
  const shortages = refusal.shortages.map(shortageBody);
  return refuse(problems.insufficient_stock, detail, { members: { shortages } });
};

const sentenceOf = ({ requested, available, ...level }: Shortage): string =>
  `${wordsFor(level)} has ${available} available, ${requested} were requested`;

const shortageBody = ({ nextExpiryAtMs, ...shortage }: Shortage) => ({
  ...shortage,
  ...(nextExpiryAtMs === undefined ? {} : { nextExpiryAt: isoTime(nextExpiryAtMs) }),
});

export const refuseChannel = ({ channel }: UnknownChannel): Refusal =>
  refuse(problems.unknown_channel, `There is no channel ${channel}: PUT it first.`, {
    status: unknownInBodyStatus,
  });

export const refuseUnknown = (level: LevelName): Refusal =>
  refuse(problems.unknown_sku, `No stock was ever set for ${wordsFor(level)}.`);
