import type * as z from "zod/mini";

/** The parts of a request that a call reads. A part that is not named is not read. */
export interface RequestSchema {
  params?: z.core.$ZodType;
  query?: z.core.$ZodType;
  /** The header `Idempotency-Key`, never required. */
  idempotencyKey?: z.core.$ZodType<string>;
  /** The header `If-Match`, never required: the version that the caller has seen. */
  ifMatch?: z.core.$ZodType<number>;
  /** The header `If-None-Match`, never required: the versions that the caller has. */
  ifNoneMatch?: z.core.$ZodType<string>;
  body?: z.core.$ZodType;
  /** True for a call that takes an empty body for `{}`. */
  mayOmitBody?: true;
}

/** What a request is after parsing: each part that its schema names, with its bounds kept. */
export type RequestInput<Schema extends RequestSchema> = {
  [Part in Exclude<keyof Schema, HeaderPart | "mayOmitBody">]: Schema[Part] extends z.core.$ZodType
    ? z.output<Schema[Part]>
    : never;
} & { idempotencyKey?: string; ifMatch?: number; ifNoneMatch?: string };

/** The parts that are headers, and absent where a caller does not send them. */
export type HeaderPart = "idempotencyKey" | "ifMatch" | "ifNoneMatch";
