/** The schemas of this room as JSON Schema, for the documents that are generated from them. */
import * as z from "zod/mini";
import { metadataBytesMax, metadataMembersMax } from "./bounds.ts";
import { grouped } from "./fields.ts";
import { metadata, metadataNamePattern } from "./metadata.ts";

export type Json = Record<string, unknown>;

/** The JSON Schema of metadata, whose check zod cannot read. */
const metadataJson: Json = {
  type: "object",
  propertyNames: { pattern: metadataNamePattern.source },
  additionalProperties: { type: "string" },
  maxProperties: metadataMembersMax,
  description: `At most ${grouped.format(metadataBytesMax)} bytes of UTF-8, names and values together.`,
};

const toJson = (schema: z.core.$ZodType, io: "input" | "output"): Json => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    override: ({ zodSchema, jsonSchema }) => {
      if ((zodSchema as z.core.$ZodType) === metadata) Object.assign(jsonSchema, metadataJson);
    },
  });
  return json;
};

/** Input: what a caller sends, so that a default does not become required. */
export const inputSchema = (schema: z.core.$ZodType): Json => toJson(schema, "input");

/** Output: a number in a query string is text until it is parsed, and documented as a number. */
export const outputSchema = (schema: z.core.$ZodType): Json => toJson(schema, "output");
