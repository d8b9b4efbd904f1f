import { InventoryError } from "../errors.ts";

type Part = string | number;

/**
 * A page's end as an opaque text: the list that it belongs to, and the key of the last item shown.
 * It is no secret: it can only start a list elsewhere, and what list it starts is checked.
 */
export const encodeCursor = (list: readonly string[], key: readonly Part[]): string =>
  Buffer.from(JSON.stringify([list, key])).toString("base64url");

const keyPartLengthMax = 512;

const isKeyPart = (kind: "string" | "number", part: unknown): part is Part =>
  kind === "string"
    ? typeof part === "string" &&
      part.length > 0 &&
      part.length <= keyPartLengthMax &&
      part.isWellFormed()
    : Number.isSafeInteger(part);

/**
 * The key in a cursor that `encodeCursor` made for the same list.
 *
 * @param kinds the types of the key's parts, in order
 * @throws InventoryError `invalid_cursor` for every other text
 */
export const decodeCursor = (
  list: readonly string[],
  kinds: readonly ("string" | "number")[],
  cursor: string,
): Part[] => {
  try {
    const [owner, key] = JSON.parse(Buffer.from(cursor, "base64url").toString()) as unknown[];
    const isOurs =
      JSON.stringify(owner) === JSON.stringify(list) &&
      Array.isArray(key) &&
      key.length === kinds.length &&
      kinds.every((kind, index) => isKeyPart(kind, key[index]));
    if (isOurs) return key as Part[];
  } catch {
    // Not JSON, not a list: refused below like every other text that is not a cursor.
  }
  throw new InventoryError(
    "invalid_cursor",
    `The cursor ${JSON.stringify(cursor.slice(0, 60))} was not given out by this list: ` +
      "send the cursor of its last page, or none to start over.",
  );
};
