import { hash } from "node:crypto";

/**
 * A random id that sorts by time: UUID version 7 (RFC 9562). Its random half is that of a UUID of
 * version 4, for which Node.js draws randomness in advance: drawing it for each id costs more than a
 * lookup.
 */
export const timeOrderedId = (nowMs: number, randomUuid: string): string => {
  const time = nowMs.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUuid.slice(15)}`;
};

/**
 * The id that belongs to an idempotency key: UUID version 8 (RFC 9562) over a SHA-256 of the key.
 * Repeats of a call meet at one record, with no table of keys beside it. `scope` keeps the keys of
 * different resources apart.
 */
export const idOfKey = (scope: readonly string[], idempotencyKey: string): string => {
  const bytes = hash("sha256", JSON.stringify([...scope, idempotencyKey]), "buffer");
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return [...parts, hex.slice(20, 32)].join("-");
};

/** Whether a text can be an id of ours: any other was never given out. */
export const isId = (text: string): boolean =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(text);

/** Tells whether two requests asked for the same: a hash of what they asked for. */
export const fingerprint = (request: unknown): string =>
  hash("sha256", JSON.stringify(request), "base64url");

/** The partition of the index `byExpiry` that a hold is in: spread evenly, as its end is random. */
export const expiryShardOf = (reservationId: string, partitions: number): number =>
  Number.parseInt(reservationId.slice(-8), 16) % partitions;
