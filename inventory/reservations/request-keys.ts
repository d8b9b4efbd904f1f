/**
 * Idempotency keys of changes of a reservation. The record keeps them, so that the write of a change is
 * also the write of its key.
 */
import { partsMax, requestsMax } from "../../contract/bounds.ts";
import type { ReservationItem } from "../../contract/tables.ts";
import { InventoryError } from "../errors.ts";
import { fingerprint } from "../identity.ts";
import type { PartsChange } from "./parts.ts";

/** A request under a key, both hashed. */
export interface KeyedRequest {
  name: string;
  fingerprint: string;
}

/** Characters of a hash: enough to tell the requests about one reservation apart. */
const hashLength = 22;

const nameOf = (idempotencyKey: string): string => fingerprint(idempotencyKey).slice(0, hashLength);

/** True when the record was changed by a request under this key. */
export const hasRequest = ({ requests = {} }: ReservationItem, idempotencyKey: string): boolean =>
  requests[nameOf(idempotencyKey)] !== undefined;

/** @param wanted everything that the caller chose, and the kind of the change */
export const keyedRequest = (
  idempotencyKey: string | undefined,
  wanted: unknown,
): KeyedRequest | undefined =>
  idempotencyKey === undefined
    ? undefined
    : {
        name: nameOf(idempotencyKey),
        fingerprint: fingerprint(wanted).slice(0, hashLength),
      };

/** `repeat`: the record has this very request. `reused`: it has another one under the key. */
export const standingOf = (
  { requests = {} }: ReservationItem,
  request: KeyedRequest | undefined,
): "new" | "repeat" | "reused" => {
  const known = request && requests[request.name];
  if (known === undefined) return "new";
  return known === request!.fingerprint ? "repeat" : "reused";
};

/**
 * The record with the key of a change of its parts.
 *
 * @throws InventoryError `invalid_argument` when the record would outgrow what DynamoDB keeps
 */
export const withRequest = (
  item: ReservationItem,
  { changing, rest }: Pick<PartsChange, "changing" | "rest">,
  request: KeyedRequest | undefined,
): ReservationItem => {
  const requests = { ...item.requests, ...(request && { [request.name]: request.fingerprint }) };
  refuseAbove("lines", changing.length + rest.length, partsMax, "parts of a reservation");
  refuseAbove("Idempotency-Key", Object.keys(requests).length, requestsMax, "keyed changes");
  return request === undefined ? item : { ...item, requests };
};

function refuseAbove(path: string, count: number, max: number, things: string): void {
  if (count <= max) return;
  const message = `would lead to ${count} ${things}, more than ${max}`;
  throw new InventoryError("invalid_argument", `${path} ${message}`, {
    issues: [{ path, message }],
  });
}
