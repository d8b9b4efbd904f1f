import { randomUUID } from "node:crypto";
import { type DynamoDBClient, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import { expiryShardCount, holdSecondsDefault } from "../../contract/bounds.ts";
import type { RunningApp } from "../app/start-app.ts";

/** As long as the engine's hash of a request, so that the records weigh the same. */
const fingerprint = "A".repeat(43);

/**
 * The transaction that the engine writes for one line, with nothing around it: the least that a
 * reservation can cost with this SDK. Its records have every attribute of the engine's, so that what
 * reads the tables' streams has the same to do. It rejects where a condition fails.
 */
export const rawReserve = async (
  client: DynamoDBClient,
  tables: RunningApp["tables"],
  sku: string,
  orderId: string,
): Promise<void> => {
  const nowMs = Date.now();
  const reservationId = randomUUID();
  const putReservation = {
    TableName: tables.reservations,
    Item: {
      reservationId: { S: reservationId },
      status: { S: "held" },
      lines: { L: [{ M: { sku: { S: sku }, quantity: { N: "1" } } }] },
      orderId: { S: orderId },
      createdAtMs: { N: String(nowMs) },
      expiresAtMs: { N: String(nowMs + holdSecondsDefault * 1000) },
      fingerprint: { S: fingerprint },
      version: { N: "1" },
      updatedAtMs: { N: String(nowMs) },
      expiryShard: { N: String(nowMs % expiryShardCount) },
      skus: { SS: [sku] },
    },
    ConditionExpression: "attribute_not_exists(reservationId)",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
  };
  const updateStock = {
    TableName: tables.stock,
    Key: { sku: { S: sku } },
    UpdateExpression:
      "SET #available = #available - :quantity, #reserved = #reserved + :quantity, " +
      "#version = #version + :one, #updatedAtMs = :now, #lastChange = :lastChange",
    ConditionExpression: "#available >= :quantity",
    ExpressionAttributeNames: {
      "#available": "available",
      "#reserved": "reserved",
      "#version": "version",
      "#updatedAtMs": "updatedAtMs",
      "#lastChange": "lastChange",
    },
    ExpressionAttributeValues: {
      ":quantity": { N: "1" },
      ":one": { N: "1" },
      ":now": { N: String(nowMs) },
      ":lastChange": { M: { kind: { S: "hold" }, reservationId: { S: reservationId } } },
    },
    ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
  };
  const command = new TransactWriteItemsCommand({
    TransactItems: [{ Put: putReservation }, { Update: updateStock }],
  });
  await client.send(command);
};
