/** The channel of a request, by which its units are sourced, as a process remembers it. */
import { channelMemoryMs } from "../../contract/bounds.ts";
import type { Line } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { invalidArgument } from "../errors.ts";
import { getChannel, type Channel } from "./channels.ts";

/** There is no such channel. */
export interface UnknownChannel {
  outcome: "unknown_channel";
  channel: string;
}

/**
 * The channel of this name for these lines, as it was at most `channelMemoryMs` ago; none where no name is given.
 *
 * @throws InventoryError `invalid_argument` for a line of a location outside of the channel, `busy`,
 *   `unavailable`, `rejected`
 */
export const sourcingOf = async (
  database: Database,
  name: string | undefined,
  lines: readonly Line[],
  call: Call,
): Promise<{ channel: Channel | undefined } | UnknownChannel> => {
  if (name === undefined) return { channel: undefined };
  const channel = await readChannel(database, name, call);
  if (channel === undefined) return { outcome: "unknown_channel", channel: name };
  const { locations } = channel;
  for (const { sku, location } of lines) {
    if (location === undefined || locations.includes(location)) continue;
    const message = `must be at a location of the channel ${name} (${locations.join(", ")}), not ${sku} at ${location}`;
    throw invalidArgument("lines", message);
  }
  return { channel };
};

interface Remembered {
  channel: Channel;
  atMs: number;
}

const memories = new WeakMap<Database, Map<string, Remembered>>();

/**
 * The channel as it was at most `channelMemoryMs` ago. That there is none is not remembered.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export async function readChannel(
  database: Database,
  name: string,
  call: Call,
): Promise<Channel | undefined> {
  const memory = memories.get(database) ?? new Map<string, Remembered>();
  memories.set(database, memory);
  const known = memory.get(name);
  const atMs = database.monotonicMs();
  if (known !== undefined && atMs - known.atMs < channelMemoryMs) return known.channel;
  const channel = await getChannel(database, name, call);
  if (channel === undefined) memory.delete(name);
  else memory.set(name, { channel, atMs });
  return channel;
}
