/**
 * A client of Holdfast's HTTP API for the programs of shops: Node.js 20 or later, Bun, Deno, browsers and edge
 * runtimes. It knows the contract by generated types, and nothing of AWS but a signature.
 * Read next: holdfast-client.ts has all methods, call.ts is the path of a call, with-hold.ts holds units around work.
 */
import { call } from "./call.ts";
import type { OperationId } from "./generated/operations.ts";
import type { HoldfastClient } from "./holdfast-client.ts";
import { list } from "./listing.ts";
import { readClientOptions, type ChangeCallOptions, type ClientOptions } from "./options.ts";
import type { OutcomeOf } from "./outcome.ts";
import type { CallRequest } from "./request.ts";
import { withHold } from "./with-hold.ts";

export type { Auth, AwsCredentials, BearerAuth, SigV4Auth } from "./authorization.ts";
export { HoldfastError, type FaultCode } from "./errors.ts";
export type * from "./generated/schemas.ts";
export type { HoldfastClient } from "./holdfast-client.ts";
export type { Listing, Page } from "./listing.ts";
export type {
  CallOptions,
  ChangeCallOptions,
  ClientOptions,
  KeyedCallOptions,
  VersionedCallOptions,
} from "./options.ts";
export type { OutcomeOf, Refusal } from "./outcome.ts";
export type {
  HoldWork,
  NotHeld,
  WithHoldOptions,
  WithHoldOutcome,
  WithHoldRequest,
} from "./with-hold.ts";

/**
 * Creates a client. It holds no connection and no timer, so that it need not be closed.
 *
 * @throws HoldfastError `invalid_option`
 */
export const createHoldfastClient = (options: ClientOptions): HoldfastClient => {
  const settings = readClientOptions(options);

  const method =
    <Id extends OperationId>(operation: Id) =>
    (request?: object, callOptions?: ChangeCallOptions) =>
      call(settings, operation, request as CallRequest, callOptions) as Promise<OutcomeOf<Id>>;

  const listing =
    <Item>(operation: OperationId) =>
    (request?: object, callOptions?: ChangeCallOptions) =>
      list<Item>(settings, operation, request as CallRequest, callOptions);

  const client: HoldfastClient = {
    reserve: method("reserve"),
    getReservation: method("getReservation"),
    listReservations: listing("listReservations"),
    changeReservation: method("changeReservation"),
    moveReservation: method("moveReservation"),
    confirmReservation: method("confirmReservation"),
    releaseReservation: method("releaseReservation"),
    extendReservation: method("extendReservation"),
    fulfillReservation: method("fulfillReservation"),
    cancelReservation: method("cancelReservation"),
    returnReservation: method("returnReservation"),
    withHold: (request, work, holdOptions) => withHold(client, request, work, holdOptions),

    setStock: method("setStock"),
    getStock: method("getStock"),
    listStock: listing("listStock"),
    adjustStock: method("adjustStock"),
    moveStock: method("moveStock"),
    listMovements: listing("listMovements"),
    listHolds: listing("listHolds"),
    setStockAtLocation: method("setStockAtLocation"),
    getStockAtLocation: method("getStockAtLocation"),
    adjustStockAtLocation: method("adjustStockAtLocation"),
    moveStockAtLocation: method("moveStockAtLocation"),
    listMovementsAtLocation: listing("listMovementsAtLocation"),
    listHoldsAtLocation: listing("listHoldsAtLocation"),
    setCounts: method("setCounts"),
    checkAvailability: method("checkAvailability"),

    setChannel: method("setChannel"),
    getChannel: method("getChannel"),
    deleteChannel: method("deleteChannel"),
    listChannels: (callOptions) => method("listChannels")({}, callOptions),

    health: (callOptions) => method("health")({}, callOptions),
    openApi: (callOptions) => method("openApi")({}, callOptions),
    asyncApi: (callOptions) => method("asyncApi")({}, callOptions),
  };
  return client;
};
