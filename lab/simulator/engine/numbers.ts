/**
 * DynamoDB's numbers: up to 38 significant digits, kept as text. Short ones are compared and added
 * as JavaScript's numbers, the others as integers of any size with a decimal exponent.
 */
import { validationError } from "./request-error.ts";

/** `coefficient` times ten to the power of `exponent`, without trailing zeros. */
interface Decimal {
  coefficient: bigint;
  exponent: number;
}

/** A double holds any decimal of 15 digits exactly enough to compare it. */
const isShort = (text: string): boolean => text.length <= 15;

const canonicalInteger = /^(?:0|-?[1-9]\d{0,14})$/;
const decimal = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/**
 * The text that DynamoDB keeps of a number: without exponent, leading or trailing zeros.
 *
 * @throws RequestError `ValidationException` for what is no number or out of range
 */
export const normalizeNumber = (text: string): string =>
  canonicalInteger.test(text) ? text : format(inRange(parse(text)));

/** Less than, equal to or greater than 0. */
export const compareNumbers = (one: string, other: string): number => {
  if (one === other) return 0;
  if (isShort(one) && isShort(other)) return Number(one) - Number(other);
  const difference = plus(parse(one), parse(other), -1n).coefficient;
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
};

/** @throws RequestError `ValidationException` when the sum has more than 38 digits */
export const addNumbers = (one: string, other: string, sign: 1 | -1): string => {
  const sum = Number(one) + sign * Number(other);
  if (canonicalInteger.test(one) && canonicalInteger.test(other)) return String(sum);
  return format(inRange(plus(parse(one), parse(other), BigInt(sign))));
};

/** The number of digits that count for an item's size. */
export const significantDigits = (text: string): number =>
  isShort(text) && canonicalInteger.test(text)
    ? text.replace(/0+$/, "").replace("-", "").length
    : digitsOf(parse(text));

const digitsOf = ({ coefficient }: Decimal): number =>
  coefficient === 0n ? 0 : String(coefficient).replace("-", "").length;

function parse(text: string): Decimal {
  const [, sign, whole = "", fraction = "", power = "0"] = decimal.exec(text) ?? [];
  const digits = whole + fraction;
  if (digits === "") throw notNumeric(text);
  const significant = digits.replace(/0+$/, "");
  const coefficient = BigInt(significant || "0") * (sign === "-" ? -1n : 1n);
  const exponent = Number(power) - fraction.length + digits.length - significant.length;
  return { coefficient, exponent: coefficient === 0n ? 0 : exponent };
}

const notNumeric = (text: string) =>
  validationError(
    text === ""
      ? "The parameter cannot be converted to a numeric value"
      : `The parameter cannot be converted to a numeric value: ${text}`,
  );

function inRange(number: Decimal): Decimal {
  const digits = digitsOf(number);
  const magnitude = digits - 1 + number.exponent;
  if (digits > 38) {
    throw validationError("Attempting to store more than 38 significant digits in a Number");
  }
  if (digits > 0 && magnitude > 125) {
    throw validationError(
      "Number overflow. Attempting to store a number with magnitude larger than supported range",
    );
  }
  if (digits > 0 && magnitude < -130) {
    throw validationError(
      "Number underflow. Attempting to store a number with magnitude smaller than supported range",
    );
  }
  return number;
}

function plus(one: Decimal, other: Decimal, sign: bigint): Decimal {
  const exponent = Math.min(one.exponent, other.exponent);
  const shifted = ({ coefficient, exponent: own }: Decimal) =>
    coefficient * 10n ** BigInt(own - exponent);
  const sum = shifted(one) + sign * shifted(other);
  return parse(`${sum}e${exponent}`);
}

function format({ coefficient, exponent }: Decimal): string {
  const sign = coefficient < 0n ? "-" : "";
  const digits = String(coefficient).replace("-", "");
  if (exponent >= 0) return sign + digits + "0".repeat(exponent);
  const padded = digits.padStart(1 - exponent, "0");
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}
