/** Publishes events in batches, in their order for each subject. */
import { PublishBatchCommand, type SNSClient } from "@aws-sdk/client-sns";
import type { InventoryEvent } from "../../contract/events.ts";
import type { Call } from "../../inventory/dynamodb/database.ts";
import type { LevelName } from "../../inventory/stock/level-key.ts";
import { systemPlatform, type Platform } from "../../inventory/platform.ts";
import { textAttribute } from "./text-attribute.ts";

/** SNS's own bounds of one batch; some bytes are left for what it counts besides. */
const entriesMax = 10;
const bytesMax = 250_000;

/** The single SKU that an event is about, and its location. */
const levelOf = ({ data }: InventoryEvent): Partial<LevelName> => {
  const [line, ...others] = "lines" in data ? data.lines : [data];
  return others.length === 0 && line !== undefined ? line : {};
};

const entryOf = (event: InventoryEvent, index: number) => {
  const { sku, location } = levelOf(event);
  return {
    Id: String(index),
    Message: JSON.stringify(event),
    MessageAttributes: {
      type: textAttribute(event.type),
      ...(sku !== undefined && { sku: textAttribute(sku) }),
      ...(location !== undefined && { location: textAttribute(location) }),
    },
  };
};

type Entry = ReturnType<typeof entryOf>;

interface Batch {
  entries: Entry[];
  subjects: Set<string>;
  bytes: number;
}

/**
 * Batches that may fail in part and be repeated: none has two events of one subject, so that the
 * later one is never told without the earlier.
 */
export const batchesOf = (events: readonly InventoryEvent[]): Entry[][] => {
  const batches: Batch[] = [];
  for (const [index, event] of events.entries()) {
    const entry = entryOf(event, index);
    const bytes = Buffer.byteLength(JSON.stringify(entry));
    const last = batches.at(-1);
    const fits =
      last !== undefined &&
      last.entries.length < entriesMax &&
      last.bytes + bytes <= bytesMax &&
      !last.subjects.has(event.subject);
    if (fits) {
      last.entries.push(entry);
      last.subjects.add(event.subject);
      last.bytes += bytes;
    } else {
      batches.push({ entries: [entry], subjects: new Set([event.subject]), bytes });
    }
  }
  return batches.map(({ entries }) => entries);
};

export interface Published {
  /** How many of the events, from the first one on, need not be told again. */
  done: number;
  /** Of these: what SNS will never take, and why. */
  refused: { event: InventoryEvent; reason: string }[];
  /** Why it has stopped before the end. */
  failure?: unknown;
}

/** Publishes until something fails, within the caller's deadline. Never rejects. */
export const publishEvents = async (
  client: SNSClient,
  topicArn: string,
  events: readonly InventoryEvent[],
  call: Call,
  platform: Pick<Platform, "timeoutSignal"> = systemPlatform,
): Promise<Published> => {
  const refused: Published["refused"] = [];
  let done = 0;
  for (const entries of batchesOf(events)) {
    const command = new PublishBatchCommand({
      TopicArn: topicArn,
      PublishBatchRequestEntries: entries,
    });
    try {
      const abortSignal = platform.timeoutSignal(Math.max(1, Math.floor(call.remainingMs())));
      const { Failed = [] } = await client.send(command, { abortSignal });
      for (const { Id, SenderFault, Code, Message } of Failed) {
        const reason = `${Code}: ${Message}`;
        if (SenderFault) refused.push({ event: events[Number(Id)]!, reason });
      }
      const failed = Failed.filter(({ SenderFault }) => !SenderFault);
      if (failed.length > 0) {
        const first = Math.min(...failed.map(({ Id }) => Number(Id)));
        return { done: first, refused, failure: new Error(`SNS failed: ${failed[0]?.Code}`) };
      }
      done += entries.length;
    } catch (failure) {
      return { done, refused, failure };
    }
  }
  return { done, refused };
};
