/**
 * Sales channels: ordered lists of locations, each with a rule by which an order is sourced from them.
 * All of them are in one record beside the rows, so that one read finds any channel, and the list needs no scan.
 */
import { PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { channelsMax } from "../../contract/bounds.ts";
import type { ChannelsItem, SourcingRule, StoredChannel } from "../../contract/tables.ts";
import { withPatience, type Call, type Database } from "../dynamodb/database.ts";
import { readItem } from "../dynamodb/read-item.ts";
import { writeIf } from "../dynamodb/write-if.ts";
import { invalidArgument, type InventoryError } from "../errors.ts";
import { channelsKey } from "../stock/level-key.ts";

export interface Channel extends StoredChannel {
  /** Its name. */
  channel: string;
}

export interface SetChannelInput {
  channel: string;
  locations: readonly string[];
  rule: SourcingRule;
  maxSplits?: number | undefined;
}

export interface SetChannelOutcome {
  outcome: "created" | "replaced";
  channel: Channel;
}

/**
 * Makes a channel, or replaces it as a whole. A new channel whose reply was lost is returned as replaced.
 *
 * @throws InventoryError `invalid_argument` when there are too many channels, `busy`, `unavailable`, `rejected`
 */
export const setChannel = async (
  database: Database,
  { channel: name, locations, rule, maxSplits }: SetChannelInput,
  caller: Call,
): Promise<SetChannelOutcome> => {
  const call = withPatience(database, caller);
  const stored: StoredChannel = {
    locations: [...locations],
    rule,
    ...(maxSplits !== undefined && { maxSplits }),
    updatedAtMs: database.now(),
  };
  const command = () => putIntoRecord(database, name, stored);
  for (;;) {
    const result = await writeIf<ChannelsItem>(database, command, call);
    if (result.applied) {
      const outcome = Object.hasOwn(result.item.channels, name) ? "replaced" : "created";
      return { outcome, channel: { channel: name, ...stored } };
    }
    if (result.found?.channels !== undefined) throw tooMany(name);
    await makeRecord(database, call);
  }
};

function putIntoRecord(database: Database, name: string, channel: StoredChannel): UpdateCommand {
  const isKnown = "attribute_exists(#channels.#name)";
  const hasRoom = "size(#channels) < :max";
  return new UpdateCommand({
    TableName: database.tables.stock,
    Key: { sku: channelsKey },
    UpdateExpression: "SET #channels.#name = :channel",
    ConditionExpression: `attribute_exists(#channels) AND (${isKnown} OR ${hasRoom})`,
    ExpressionAttributeNames: { "#channels": "channels", "#name": name },
    ExpressionAttributeValues: { ":channel": channel, ":max": channelsMax },
    ReturnValues: "ALL_OLD",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
}

/** Makes the record without channels, unless there is one. */
async function makeRecord(database: Database, call: Call): Promise<void> {
  const item: ChannelsItem = { sku: channelsKey, channels: {} };
  const command = () =>
    new PutCommand({
      TableName: database.tables.stock,
      Item: item,
      ConditionExpression: "attribute_not_exists(#channels)",
      ExpressionAttributeNames: { "#channels": "channels" },
    });
  await writeIf(database, command, call);
}

function tooMany(name: string): InventoryError {
  const message = `must be one of the ${channelsMax} channels that there are, the most that there can be, not ${name}`;
  return invalidArgument("channel", message);
}

/**
 * Deletes a channel.
 *
 * @returns true where it was there; false too when the reply to the deletion was lost, and it was repeated
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const deleteChannel = async (
  database: Database,
  name: string,
  caller: Call,
): Promise<boolean> => {
  const command = () =>
    new UpdateCommand({
      TableName: database.tables.stock,
      Key: { sku: channelsKey },
      UpdateExpression: "REMOVE #channels.#name",
      ConditionExpression: "attribute_exists(#channels.#name)",
      ExpressionAttributeNames: { "#channels": "channels", "#name": name },
    });
  const { applied } = await writeIf(database, command, withPatience(database, caller));
  return applied;
};

/**
 * All channels as they are now, by their names.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const listChannels = async (database: Database, caller: Call): Promise<Channel[]> => {
  const channels = await readChannels(database, caller);
  const names = Object.keys(channels).toSorted();
  return names.map((name) => ({ channel: name, ...channels[name]! }));
};

/**
 * The channel as it is now, or undefined when there is none.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const getChannel = async (
  database: Database,
  name: string,
  caller: Call,
): Promise<Channel | undefined> => {
  const channels = await readChannels(database, caller);
  // A name may be that of a property which every object has.
  return Object.hasOwn(channels, name) ? { channel: name, ...channels[name]! } : undefined;
};

async function readChannels(
  database: Database,
  caller: Call,
): Promise<Record<string, StoredChannel>> {
  const call = withPatience(database, caller);
  const { stock } = database.tables;
  const item = await readItem<ChannelsItem>(database, stock, { sku: channelsKey }, call);
  return item?.channels ?? {};
}
