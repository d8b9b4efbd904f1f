/** The schemas of this room as JSON Schema, for the documents that are generated from them. */
import * as z from "zod/mini";

export type Json = Record<string, unknown>;

/** Input: what a caller sends, so that a default does not become required. */
export const inputSchema = (schema: z.core.$ZodType): Json => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: "input" });
  return json;
};

/** Output: a number in a query string is text until it is parsed, and documented as a number. */
export const outputSchema = (schema: z.core.$ZodType): Json => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: "output" });
  return json;
};
