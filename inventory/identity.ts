import { createHash, randomBytes } from "node:crypto";

const asUuid = (bytes: Uint8Array, version: number): string => {
  const hex = Buffer.from(bytes.subarray(0, 16));
  hex[6] = (hex[6]! & 0x0f) | (version << 4);
  hex[8] = (hex[8]! & 0x3f) | 0x80;
  const text = hex.toString("hex");
  return [
    text.slice(0, 8),
    text.slice(8, 12),
    text.slice(12, 16),
    text.slice(16, 20),
    text.slice(20),
  ].join("-");
};

/** Whether a text can be an id of ours: any other was never given out. */
export const isId = (text: string): boolean =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(text);

const hash = (value: unknown): Buffer =>
  createHash("sha256").update(JSON.stringify(value)).digest();

/** A random id that sorts by time: UUID version 7 (RFC 9562). */
export const timeOrderedId = (nowMs: number): string => {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  return asUuid(bytes, 7);
};

/**
 * The id that belongs to an idempotency key: UUID version 8 (RFC 9562) over a SHA-256 of the key.
 * Repeats of a call meet at one record, with no table of keys beside it. `scope` keeps the keys of
 * different resources apart.
 */
export const idOfKey = (scope: readonly string[], idempotencyKey: string): string =>
  asUuid(hash([...scope, idempotencyKey]), 8);

/** Tells whether two requests asked for the same: a hash of what they asked for. */
export const fingerprint = (request: unknown): string => hash(request).toString("base64url");

/** A number from 0 to `count` - 1, the same for the same id, spread evenly over ids. */
export const shardOf = (id: string, count: number): number => hash(id).readUInt32BE(0) % count;
