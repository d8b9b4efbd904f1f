/** Records of a stream as Lambda hands them to a function, made of what an engine gives. */
import { createHash } from "node:crypto";
import type { AttributeValue, _Record as EngineRecord } from "@aws-sdk/client-dynamodb-streams";
import { localRegion } from "../local-account.ts";

export interface StreamRecord {
  sequenceNumber: string;
  /** 0 where the engine does not tell. */
  atMs: number;
  /** What the function gets: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-example.html */
  event: object;
}

export const toStreamRecord = (record: EngineRecord, streamArn: string): StreamRecord => {
  const { dynamodb = {}, eventName, userIdentity } = record;
  const { ApproximateCreationDateTime: at, SequenceNumber: sequenceNumber = "" } = dynamodb;
  const { OldImage: before, NewImage: after } = dynamodb;
  const atMs = at?.getTime() ?? 0;
  return {
    sequenceNumber,
    atMs,
    event: {
      eventID: eventIdOf(streamArn, sequenceNumber),
      eventName,
      eventVersion: "1.1",
      eventSource: "aws:dynamodb",
      awsRegion: localRegion,
      dynamodb: withBase64({
        ...dynamodb,
        ...(before && { OldImage: withEmptyMaps(before) }),
        ...(after && { NewImage: withEmptyMaps(after) }),
        ApproximateCreationDateTime: Math.floor(atMs / 1_000),
      }),
      // What time to live has removed says so.
      ...(userIdentity && {
        userIdentity: { type: userIdentity.Type, principalId: userIdentity.PrincipalId },
      }),
      eventSourceARN: streamArn,
    },
  };
};

/** 32 hexadecimal digits, the same at each delivery: dynoxide's are numbers that tables share. */
const eventIdOf = (streamArn: string, sequenceNumber: string): string =>
  createHash("md5").update(`${streamArn} ${sequenceNumber}`).digest("hex");

/** DynamoDB Local writes an empty map into its streams as a value without a type. */
const withEmptyMaps = (image: Record<string, AttributeValue>): Record<string, AttributeValue> =>
  Object.fromEntries(Object.entries(image).map(([name, value]) => [name, withEmptyMap(value)]));

const withEmptyMap = (value: AttributeValue): AttributeValue => {
  if (value.M !== undefined) return { M: withEmptyMaps(value.M) };
  if (value.L !== undefined) return { L: value.L.map(withEmptyMap) };
  return Object.keys(value).length === 0 ? { M: {} } : value;
};

/** Binary values are bytes in the SDK and text in an event. */
const withBase64 = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(withBase64);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withBase64(inner)]));
};
