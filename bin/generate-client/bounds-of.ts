import { grouped } from "../../contract/fields.ts";
import type { Schema } from "./read-operations.ts";

/** Says in words what a schema accepts, where its type does not. Empty for no bounds. */
export const boundsOf = (schema: Schema): string => {
  const { minimum, maximum, minItems, maxItems, maxLength, maxProperties, format } = schema;
  if (format === "date-time") return "ISO 8601, UTC.";
  if (isBound(maxLength)) return `At most ${grouped.format(maxLength)} characters.`;
  if (isBound(minimum) && isBound(maximum)) return `${range(minimum, maximum)}.`;
  if (isBound(minItems) && isBound(maxItems)) return `${range(minItems, maxItems)} entries.`;
  return isBound(maxProperties) ? `At most ${grouped.format(maxProperties)} members.` : "";
};

const range = (min: number, max: number): string =>
  `${grouped.format(min)} to ${grouped.format(max)}`;

/** The ends of the exact integers are no bounds of the contract. */
const isBound = (bound: unknown): bound is number =>
  typeof bound === "number" && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
