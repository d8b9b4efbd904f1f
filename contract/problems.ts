/**
 * What goes wrong, as `application/problem+json` (RFC 9457). One closed table: a new code does not
 * compile until it has its status and its title.
 */
export const problems = {
  invalid_json: { status: 400, title: "The body is not valid JSON" },
  invalid_request: { status: 400, title: "The request is out of its bounds" },
  invalid_cursor: { status: 400, title: "The cursor is not one of this list's" },
  unauthorized: { status: 401, title: "The caller is not known" },
  forbidden: { status: 403, title: "The caller may not do this" },
  not_found: { status: 404, title: "No such route" },
  unknown_sku: { status: 404, title: "No such SKU" },
  unknown_channel: { status: 404, title: "No such channel" },
  unknown_reservation: { status: 404, title: "No such reservation" },
  method_not_allowed: { status: 405, title: "The route does not take this method" },
  below_reserved: { status: 409, title: "Fewer units on hand than held" },
  version_mismatch: { status: 409, title: "The record has another version" },
  insufficient_stock: { status: 409, title: "Not enough units available" },
  reservation_expired: { status: 409, title: "The hold has expired" },
  reservation_released: { status: 409, title: "The hold has been released" },
  reservation_confirmed: { status: 409, title: "The reservation has been confirmed" },
  reservation_not_confirmed: { status: 409, title: "The reservation has not been confirmed" },
  exceeds_reservation: { status: 409, title: "The reservation has fewer units" },
  hold_limit_reached: { status: 409, title: "The hold would outlive its bound" },
  too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "The body is not application/json" },
  idempotency_key_reused: { status: 422, title: "The idempotency key had another request" },
  busy: { status: 503, title: "Too much traffic at once" },
  internal: { status: 500, title: "An error of ours" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problems;

/** A reservation names SKUs and a channel in its body, so that an unknown one is not a missing resource. */
export const unknownInBodyStatus = 422;

/** A condition in a header has a status of its own. */
export const versionMismatchInHeaderStatus = 412;

export const problemMediaType = "application/problem+json";

export const problemType = (code: ProblemCode): string => `urn:holdfast:problem:${code}`;
