/**
 * The fields that requests are made of, with the words for a value out of its bounds: every message
 * says what is accepted and what was sent.
 */
import * as z from "zod/mini";
import {
  channelLengthMax,
  holdSecondsMax,
  holdSecondsMin,
  idempotencyKeyLengthMax,
  labelLengthMax,
  locationLengthMax,
  skuLengthMax,
} from "./bounds.ts";

const shownLengthMax = 60;

/** A value as a caller would recognize it, cut where it is long. */
export const show = (value: unknown): string => {
  // JSON has no infinity, and a number such as 1e400 is read as one.
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length <= shownLengthMax ? text : `${text.slice(0, shownLengthMax)}…`;
};

/** Every failure of a field is told in the same way, whichever of its checks it was. */
const expecting = (expected: string) => ({
  error: ({ input }: { input?: unknown }) =>
    input === undefined ? `is missing: it ${expected}` : `${expected}, not ${show(input)}`,
});

export const grouped = new Intl.NumberFormat("en-US");

export const wholeNumber = (min: number, max: number) => {
  const words = expecting(
    `must be a whole number from ${grouped.format(min)} to ${grouped.format(max)}`,
  );
  return z.int(words).check(z.gte(min, words), z.lte(max, words));
};

export const trueOrFalse = z.boolean(expecting("must be true or false"));

/** A text of a pattern, with the words for one that is not. */
export const text = (pattern: RegExp, expected: string) => {
  const words = expecting(expected);
  return z.string(words).check(z.regex(pattern, words));
};

/**
 * No control, format, private or unassigned characters, no line or paragraph separators. U+FFFD is
 * excluded as well: decoders put it in place of invalid UTF-8, which makes different texts equal.
 */
export const printablePattern = (lengthMax: number): RegExp =>
  new RegExp(`^[^\\p{C}\\p{Zl}\\p{Zp}\\uFFFD]{1,${lengthMax}}$`, "u");

const printable = (lengthMax: number) =>
  text(printablePattern(lengthMax), `must be 1 to ${lengthMax} printable characters`);

/** Without `.` and `..`, which clients leave out of a path (RFC 3986, section 5.2.4). */
const name = (lengthMax: number) => {
  const words = expecting(
    `must be 1 to ${lengthMax} of the characters A-Z a-z 0-9 . _ : -, and not . or ..`,
  );
  const pattern = /^(\.{0,2}[A-Za-z0-9_:-]|\.{3})[A-Za-z0-9._:-]*$/;
  return z.string(words).check(z.regex(pattern, words), z.maxLength(lengthMax, words));
};

export const sku = name(skuLengthMax);
export const location = name(locationLengthMax);
export const channel = name(channelLengthMax);

/** A text with one accepted value. */
export const exactly = <Text extends string>(accepted: Text) =>
  z.literal(accepted, expecting(`must be ${accepted}`));

/** A text with a few accepted values. */
export const oneOf = <const Texts extends readonly string[]>(...accepted: Texts) =>
  z.enum(accepted, expecting(`must be ${accepted.join(" or ")}`));

export const label = printable(labelLengthMax);
export const idempotencyKey = printable(idempotencyKeyLengthMax);
export const holdSeconds = wholeNumber(holdSecondsMin, holdSecondsMax);

/** An object that refuses members which it does not know. */
export const closedObject = <Shape extends z.core.$ZodShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `is not a member that is known here; known are: ${Object.keys(shape).join(", ") || "none"}`
        : expecting("must be a JSON object").error(issue),
  });

/** A list with a bound on its length. */
export const boundedArray = <Item extends z.core.$ZodType>(
  item: Item,
  min: number,
  max: number,
) => {
  const words = {
    error: ({ input }: { input?: unknown }) =>
      Array.isArray(input)
        ? `must have ${min} to ${max} entries, not ${input.length}`
        : expecting(`must be a list of ${min} to ${max} entries`).error({ input }),
  };
  return z.array(item, words).check(z.minLength(min, words), z.maxLength(max, words));
};

/** A number in a query string. */
export const queryNumber = (min: number, max: number) =>
  z.pipe(
    z.transform((sent: unknown) =>
      typeof sent === "string" && /^\d{1,15}$/.test(sent) ? Number(sent) : sent,
    ),
    wholeNumber(min, max),
  );
