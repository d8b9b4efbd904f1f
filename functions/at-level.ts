import type { RequestInput, RequestSchema } from "../contract/request.ts";
import type { LevelName } from "../inventory/stock/level-key.ts";

/** A request for the stock at a location, or at the default one. */
export type AtLevel<Schema extends RequestSchema> = RequestInput<Schema> & { params: LevelName };
