/** The operations on sales channels, for the table of operations in stock.ts. */
import { channelRequest, listChannelsRequest, setChannelRequest } from "../contract/channels.ts";
import * as problems from "../contract/problems.ts";
import {
  deleteChannel,
  getChannel,
  listChannels,
  setChannel,
} from "../inventory/sourcing/channels.ts";
import { answer, refuse, type Refusal } from "./middleware/answer.ts";
import { endpoint } from "./middleware/http-handler.ts";
import { channelBody } from "./representation.ts";
import { database } from "./wiring.ts";

const refuseUnknown = (channel: string): Refusal =>
  refuse(problems.unknown_channel, `There is no channel ${channel}.`);

export const channelOperations = {
  setChannel: endpoint(setChannelRequest, async ({ params, body }, call) => {
    const { outcome, channel } = await setChannel(database, { ...params, ...body }, call);
    return answer(outcome === "created" ? 201 : 200, outcome, channelBody(channel));
  }),

  getChannel: endpoint(channelRequest, async ({ params }, call) => {
    const channel = await getChannel(database, params.channel, call);
    return channel ? answer(200, "found", channelBody(channel)) : refuseUnknown(params.channel);
  }),

  deleteChannel: endpoint(channelRequest, async ({ params }, call) => {
    const wasThere = await deleteChannel(database, params.channel, call);
    return wasThere ? answer(204, "deleted") : refuseUnknown(params.channel);
  }),

  listChannels: endpoint(listChannelsRequest, async (_input, call) => {
    const channels = await listChannels(database, call);
    return answer(200, "listed", { items: channels.map(channelBody) });
  }),
};
