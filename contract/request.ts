import type * as z from "zod/mini";

/** The parts of a request that a call reads. A part that is not named is not read. */
export interface RequestSchema {
  params?: z.core.$ZodType;
  query?: z.core.$ZodType;
  /** The header `Idempotency-Key`, never required. */
  idempotencyKey?: z.core.$ZodType<string>;
  body?: z.core.$ZodType;
}

/** What a request is after parsing: each part that its schema names, with its bounds kept. */
export type RequestInput<Schema extends RequestSchema> = {
  [Part in Exclude<keyof Schema, "idempotencyKey">]: z.output<Schema[Part]>;
} & { idempotencyKey?: string };
