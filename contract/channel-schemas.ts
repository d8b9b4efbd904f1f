/** Sales channels as the API returns them. */
import * as z from "zod/mini";
import { sourcingRules } from "./tables.ts";

export const channelSchema = z.object({
  channel: z.string(),
  /** In the order in which they are preferred. */
  locations: z.array(z.string()),
  rule: z.enum(sourcingRules),
  /** Absent for no limit. */
  maxSplits: z.optional(z.int()),
  updatedAt: z.iso.datetime({ precision: 3 }),
});
export type Channel = z.infer<typeof channelSchema>;

/** All channels, by their names. */
export const channelListSchema = z.object({ items: z.array(channelSchema) });
