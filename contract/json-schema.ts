/** The schemas of this room as JSON Schema, for the documents that are generated from them. */
import * as z from "zod/mini";
import { metadataBytesMax, metadataMembersMax, metadataNameLengthMax } from "./bounds.ts";
import { grouped } from "./fields.ts";
import { metadata } from "./metadata.ts";
import { delta } from "./stock.ts";

export type Json = Record<string, unknown>;

/** The JSON Schema of metadata, whose check zod cannot read. */
const metadataJson: Json = {
  type: "object",
  propertyNames: { minLength: 1, maxLength: metadataNameLengthMax },
  additionalProperties: { type: "string" },
  maxProperties: metadataMembersMax,
  description: `At most ${grouped.format(metadataBytesMax)} bytes of UTF-8, names and values together.`,
};

/** A pattern of Unicode properties is one for JavaScript: the engines of Python and of Go do not take it. */
const usePlainPattern = (json: z.core.JSONSchema.BaseSchema): void => {
  const { pattern = "", format } = json;
  // The format says it.
  if (format === "date-time") delete json.pattern;
  if (!pattern.includes("\\p{")) return;
  delete json.pattern;
  const [, lengthMax] = /\{1,(\d+)\}\$$/.exec(pattern)!;
  Object.assign(json, {
    minLength: 1,
    maxLength: Number(lengthMax),
    description: "Printable characters, without U+FFFD.",
  });
};

const toJson = (schema: z.core.$ZodType, io: "input" | "output"): Json => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    override: ({ zodSchema, jsonSchema }) => {
      const part = zodSchema as z.core.$ZodType;
      if (part === metadata) Object.assign(jsonSchema, metadataJson);
      if (part === delta) jsonSchema.not = { const: 0 };
      usePlainPattern(jsonSchema);
      // A later version may have more members in its answers.
      if (io === "output" && jsonSchema.additionalProperties === false) {
        delete jsonSchema.additionalProperties;
      }
    },
  });
  return json;
};

/** Input: what a caller sends, so that a default does not become required. */
export const inputSchema = (schema: z.core.$ZodType): Json => toJson(schema, "input");

/** Output: a number in a query string is text until it is parsed, and documented as a number. */
export const outputSchema = (schema: z.core.$ZodType): Json => toJson(schema, "output");
