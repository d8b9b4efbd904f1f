/** The `metadata` of a reservation: text members of a caller's choice, which Holdfast does not read. */
import * as z from "zod/mini";
import { metadataBytesMax, metadataMembersMax, metadataNameLengthMax } from "./bounds.ts";
import { grouped, printablePattern, show } from "./fields.ts";

/** A member, absent for the whole, and the words for what is wrong with it. */
type Fault = [member: string | undefined, message: string];

export const metadataNamePattern = printablePattern(metadataNameLengthMax);

const faultOf = ([name, value]: [string, unknown]): Fault[] => {
  if (name === "__proto__") return [[name, "has a name that is reserved"]];
  if (!metadataNamePattern.test(name)) {
    const expected = `must have a name of 1 to ${metadataNameLengthMax} printable characters`;
    return [[name, `${expected}, not ${show(name)}`]];
  }
  const isText = typeof value === "string" && value.isWellFormed();
  return isText ? [] : [[name, `must be text, not ${show(value)}`]];
};

const faultsOf = (sent: unknown): Fault[] => {
  if (typeof sent !== "object" || sent === null || Array.isArray(sent)) {
    return [[undefined, `must be a JSON object of text members, not ${show(sent)}`]];
  }
  const members = Object.entries(sent);
  const { length } = members;
  if (length > metadataMembersMax) {
    return [[undefined, `must have at most ${metadataMembersMax} members, not ${length}`]];
  }
  const faults = members.flatMap(faultOf);
  if (faults.length > 0) return faults;
  const bytes = Buffer.byteLength(members.flat().join(""));
  if (bytes <= metadataBytesMax) return [];
  const bound = `${grouped.format(metadataBytesMax)} bytes of UTF-8, names and values together`;
  return [[undefined, `must have at most ${bound}, not ${grouped.format(bytes)}`]];
};

/**
 * One check in place of a schema of an object, which would pass over a member named `__proto__`. Its JSON
 * Schema is in json-schema.ts.
 */
export const metadata = z.unknown().check(
  z.check(({ value: sent, issues }) => {
    for (const [member, message] of faultsOf(sent)) {
      const path = member === undefined ? [] : [member];
      issues.push({ code: "custom", message, path, input: sent });
    }
  }),
) as z.ZodMiniType<Record<string, string>>;
