/** Records of the two tables and of their streams, as DynamoDB would have them. */
import { marshall } from "@aws-sdk/util-dynamodb";
import type { DynamoDBRecord } from "aws-lambda";
import type { ReservationItem, StockItem } from "../../../contract/tables.ts";

export const startMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

/** Ten units, all available. */
export const stockItem = (more: Partial<StockItem> = {}): StockItem => {
  const { available = 10, reserved = 0 } = more;
  return {
    sku: "shirt",
    onHand: available + reserved,
    available,
    reserved,
    version: 1,
    updatedAtMs: startMs,
    open: {},
    onHandVersion: 1,
    lastChange: { kind: "hold" },
    ...more,
  };
};

/** Two shirts and a hat, held for an order. */
export const reservationItem = (more: Partial<ReservationItem> = {}): ReservationItem => ({
  reservationId: "r1",
  status: "held",
  lines: [
    { sku: "hat", quantity: 1 },
    { sku: "shirt", quantity: 2 },
  ],
  parts: [
    { row: "hat", quantity: 1, version: 7 },
    { row: "shirt", quantity: 2, version: 9 },
  ],
  orderId: "order-1",
  createdAtMs: startMs,
  expiresAtMs: startMs + 900_000,
  fingerprint: "f",
  version: 1,
  updatedAtMs: startMs,
  expiryShard: 3,
  skus: new Set(["hat", "shirt"]),
  ...more,
});

type Image = NonNullable<NonNullable<DynamoDBRecord["dynamodb"]>["NewImage"]>;

const image = (item: object): Image => marshall(item) as unknown as Image;

/** A stream's record of a change; its keys are the given ones. */
export const streamRecord = (
  keys: Record<string, unknown>,
  images: { before?: object; after?: object },
): DynamoDBRecord => ({
  eventID: "1",
  dynamodb: {
    Keys: image(keys),
    ...(images.before && { OldImage: image(images.before) }),
    ...(images.after && { NewImage: image(images.after) }),
    SequenceNumber: "111",
  },
});
