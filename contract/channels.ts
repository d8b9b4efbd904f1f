/** The requests about sales channels. */
import * as z from "zod/mini";
import { channelLocationsMax } from "./bounds.ts";
import {
  boundedArray,
  channel,
  closedObject,
  location,
  oneOf,
  show,
  wholeNumber,
} from "./fields.ts";
import { sourcingRules } from "./tables.ts";

/** Finds the locations that are named a second time. */
const eachOnce = z.check<string[]>(({ value: locations, issues }) => {
  for (const [index, name] of locations.entries()) {
    if (locations.indexOf(name) === index) continue;
    const message = `names ${show(name)} a second time: a channel has each location once`;
    issues.push({ code: "custom", message, path: [index], input: locations });
  }
});

/** An object with a member of this name would lose it. */
const storableChannel = channel.check(
  z.refine((name) => name !== "__proto__", {
    error: "must be another name than __proto__, which is reserved",
  }),
);

export const setChannelRequest = {
  params: closedObject({ channel: storableChannel }),
  /** `maxSplits` is the most locations that the units of one reservation may come from; no limit when absent. */
  body: closedObject({
    locations: boundedArray(location, 1, channelLocationsMax)
      .check(eachOnce)
      .register(z.globalRegistry, { uniqueItems: true }),
    rule: oneOf(...sourcingRules),
    maxSplits: z.optional(wholeNumber(1, channelLocationsMax)),
  }),
};

/** A read of a channel, or its deletion. */
export const channelRequest = { params: closedObject({ channel }) };

export const listChannelsRequest = { query: closedObject({}) };
