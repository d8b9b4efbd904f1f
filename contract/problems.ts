/**
 * Problem codes for `application/problem+json` (RFC 9457). Each code is an export of the same name, so that the bundle
 * of a function includes only the codes that it uses.
 */
export const invalid_json = {
  code: "invalid_json",
  status: 400,
  title: "The body is not valid JSON",
} as const;
export const invalid_request = {
  code: "invalid_request",
  status: 400,
  title: "The request is out of its bounds",
} as const;
export const invalid_cursor = {
  code: "invalid_cursor",
  status: 400,
  title: "The cursor is not one of this list's",
} as const;
export const not_found = { code: "not_found", status: 404, title: "No such route" } as const;
export const unknown_sku = { code: "unknown_sku", status: 404, title: "No such SKU" } as const;
export const unknown_channel = {
  code: "unknown_channel",
  status: 404,
  title: "No such channel",
} as const;
export const unknown_reservation = {
  code: "unknown_reservation",
  status: 404,
  title: "No such reservation",
} as const;
export const method_not_allowed = {
  code: "method_not_allowed",
  status: 405,
  title: "The route does not take this method",
} as const;
export const below_reserved = {
  code: "below_reserved",
  status: 409,
  title: "Fewer units on hand than held",
} as const;
export const version_mismatch = {
  code: "version_mismatch",
  status: 409,
  title: "The record has another version",
} as const;
export const insufficient_stock = {
  code: "insufficient_stock",
  status: 409,
  title: "Not enough units available",
} as const;
export const reservation_expired = {
  code: "reservation_expired",
  status: 409,
  title: "The hold has expired",
} as const;
export const reservation_released = {
  code: "reservation_released",
  status: 409,
  title: "The hold has been released",
} as const;
export const reservation_confirmed = {
  code: "reservation_confirmed",
  status: 409,
  title: "The reservation has been confirmed",
} as const;
export const reservation_not_confirmed = {
  code: "reservation_not_confirmed",
  status: 409,
  title: "The reservation has not been confirmed",
} as const;
export const exceeds_reservation = {
  code: "exceeds_reservation",
  status: 409,
  title: "The reservation has fewer units",
} as const;
export const hold_limit_reached = {
  code: "hold_limit_reached",
  status: 409,
  title: "The hold would outlive its bound",
} as const;
export const too_large = {
  code: "too_large",
  status: 413,
  title: "The body is too large",
} as const;
export const unsupported_media_type = {
  code: "unsupported_media_type",
  status: 415,
  title: "The body is not application/json",
} as const;
export const idempotency_key_reused = {
  code: "idempotency_key_reused",
  status: 422,
  title: "The idempotency key had another request",
} as const;
export const busy = { code: "busy", status: 503, title: "Too much traffic at once" } as const;
export const internal = { code: "internal", status: 500, title: "An error of ours" } as const;
