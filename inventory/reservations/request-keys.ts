/**
 * Idempotency keys of changes of a reservation. The record keeps them, so that the write of a change is
 * also the write of its key.
 */
import { recordBytesMax, requestsMax } from "../../contract/bounds.ts";
import type { Part, ReservationItem } from "../../contract/tables.ts";
import { invalidArgument } from "../errors.ts";
import { fingerprint } from "../identity.ts";
import { isOpen } from "./parts.ts";

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

/** Bytes of the end of a part, at most. */
const endBytes = 100;

/**
 * The record with the key of a change of its parts.
 *
 * @param parts as they are to be; those that end now need not show it
 * @throws InventoryError `invalid_argument` when the record would outgrow what DynamoDB keeps
 */
export const withRequest = (
  item: ReservationItem,
  parts: readonly Part[],
  request: KeyedRequest | undefined,
): ReservationItem => {
  const requests = { ...item.requests, ...(request && { [request.name]: request.fingerprint }) };
  const changed = request === undefined ? item : { ...item, requests };
  const bytes = bytesOf({ ...changed, parts: [...parts] });
  // The last change of a record that is too large makes it no larger.
  if (bytes > recordBytesMax && bytes > bytesOf(item)) {
    refuseAbove("lines", bytes, recordBytesMax, "bytes of a reservation");
  }
  refuseAbove("Idempotency-Key", Object.keys(requests).length, requestsMax, "keyed changes");
  return changed;
};

/** The bytes of a record as JSON, with all parts ended: more than those that DynamoDB counts. */
const bytesOf = (item: ReservationItem): number =>
  Buffer.byteLength(JSON.stringify({ ...item, skus: [...(item.skus ?? [])] })) +
  item.parts.filter(isOpen).length * endBytes;

function refuseAbove(path: string, count: number, max: number, things: string): void {
  if (count <= max) return;
  throw invalidArgument(path, `would lead to ${count} ${things}, more than ${max}`);
}
