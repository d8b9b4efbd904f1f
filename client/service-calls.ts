/** The calls about the service itself. */
import type { CallOptions } from "./options.ts";
import type { OutcomeOf } from "./outcome.ts";

export interface ServiceCalls {
  /** Checks the health of the service: `healthy` with its `version`. Needs no authorization. */
  health(options?: CallOptions): Promise<OutcomeOf<"health">>;

  /** Reads the OpenAPI document of the deployed version: `found` with `document`. */
  openApi(options?: CallOptions): Promise<OutcomeOf<"openApi">>;

  /** Reads the AsyncAPI document of the events: `found` with `document`. */
  asyncApi(options?: CallOptions): Promise<OutcomeOf<"asyncApi">>;
}
