import { randomUUID } from "node:crypto";
import { type DynamoDBClient, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { expiryPartitionsDefault, holdSecondsDefault } from "../../contract/bounds.ts";
import { markerKey, markerTerm } from "../../inventory/stock/marker.ts";
import type { RunningApp } from "../app/start-app.ts";

/** As long as the core's hash of a request, so that the records weigh the same. */
const fingerprint = "A".repeat(43);

/**
 * The update and the put that the core writes for one line, with nothing around them: the least that a
 * reservation can cost with this SDK. The records have every attribute of the core's, so that readers of
 * the tables' streams have the same to do. It rejects where a condition fails.
 */
export const rawReserve = async (
  client: DynamoDBClient,
  tables: RunningApp["tables"],
  sku: string,
): Promise<void> => {
  const nowMs = Date.now();
  const reservationId = randomUUID();
  const marker = { reservationId, kind: "hold", base: 0, quantity: 1 } as const;
  const committed = committedMarkers.get(sku) ?? [];
  committedMarkers.delete(sku);
  const removes = committed.map((_, index) => `#open.#c${index}`).join(", ");
  const updateStock = new UpdateItemCommand({
    TableName: tables.stock,
    Key: { sku: { S: sku } },
    UpdateExpression:
      "SET #available = #available - :quantity, #reserved = #reserved + :quantity, " +
      "#version = #version + :one, #updatedAtMs = :now, #lastChange = :lastChange, " +
      "#open.#marker = #version + :term" +
      (committed.length > 0 ? ` REMOVE ${removes}` : ""),
    ConditionExpression:
      "#available >= :quantity AND attribute_not_exists(#open.#marker) AND size(#open) <= :openMax",
    ExpressionAttributeNames: {
      "#available": "available",
      "#reserved": "reserved",
      "#version": "version",
      "#updatedAtMs": "updatedAtMs",
      "#lastChange": "lastChange",
      "#open": "open",
      "#marker": markerKey(marker),
      ...Object.fromEntries(committed.map((key, index) => [`#c${index}`, key])),
    },
    ExpressionAttributeValues: {
      ":quantity": { N: "1" },
      ":one": { N: "1" },
      ":now": { N: String(nowMs) },
      ":lastChange": { M: { kind: { S: "hold" } } },
      ":term": { N: String(markerTerm(marker, nowMs)) },
      ":openMax": { N: "1000" },
    },
    ReturnValues: "ALL_NEW",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  const { Attributes } = await client.send(updateStock);
  const putReservation = new PutItemCommand({
    TableName: tables.reservations,
    Item: {
      reservationId: { S: reservationId },
      status: { S: "held" },
      lines: { L: [{ M: { sku: { S: sku }, quantity: { N: "1" } } }] },
      parts: {
        L: [{ M: { row: { S: sku }, quantity: { N: "1" }, version: Attributes!["version"]! } }],
      },
      createdAtMs: { N: String(nowMs) },
      expiresAtMs: { N: String(nowMs + holdSecondsDefault * 1000) },
      fingerprint: { S: fingerprint },
      version: { N: "1" },
      updatedAtMs: { N: String(nowMs) },
      expiryShard: { N: String(nowMs % expiryPartitionsDefault) },
      skus: { SS: [sku] },
    },
    ConditionExpression: "attribute_not_exists(reservationId)",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  await client.send(putReservation);
  committedMarkers.set(sku, [...(committedMarkers.get(sku) ?? []), markerKey(marker)]);
};

/** Keys of committed markers by SKU, which the next write to the row removes, as the core's writes do. */
const committedMarkers = new Map<string, string[]>();
