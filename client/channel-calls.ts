/** The calls about sales channels. */
import type {
  DeleteChannelRequest,
  GetChannelRequest,
  SetChannelRequest,
} from "./generated/schemas.ts";
import type { CallOptions } from "./options.ts";
import type { OutcomeOf } from "./outcome.ts";

export interface ChannelCalls {
  /**
   * Creates a channel, or replaces it as a whole. After a lost reply the outcome may be `replaced` for a channel that
   * this call created.
   *
   * Outcomes: `created`, `replaced`.
   */
  setChannel(request: SetChannelRequest, options?: CallOptions): Promise<OutcomeOf<"setChannel">>;

  /** Reads a channel. Outcomes: `found`, `unknown_channel`. */
  getChannel(request: GetChannelRequest, options?: CallOptions): Promise<OutcomeOf<"getChannel">>;

  /**
   * Deletes a channel. After a lost reply the outcome may be `unknown_channel` for a channel that this call deleted.
   *
   * Outcomes: `deleted`, `unknown_channel`.
   */
  deleteChannel(
    request: DeleteChannelRequest,
    options?: CallOptions,
  ): Promise<OutcomeOf<"deleteChannel">>;

  /** Lists all channels, sorted by name: `listed` with `items`. There are no pages. */
  listChannels(options?: CallOptions): Promise<OutcomeOf<"listChannels">>;
}
