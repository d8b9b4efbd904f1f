/** The HTTP request of a call. All attempts of the call send the same, its idempotency key included. */
import type { UnsignedRequest } from "./authorization.ts";
import { invalid } from "./errors.ts";
import { operations, type OperationId } from "./generated/operations.ts";
import { readIdempotencyKey, readIfMatch, show, type ChangeCallOptions } from "./options.ts";

/** The argument of a method: the members of the path, and of the query or the body. */
export type CallRequest = Readonly<Record<string, unknown>>;

/** @throws HoldfastError `invalid_option`, `invalid_request` */
export const writeRequest = (
  baseUrl: string,
  operation: OperationId,
  request: CallRequest,
  options: ChangeCallOptions,
): UnsignedRequest => {
  const { method, path: template, takesKey, takesIfMatch } = operations[operation];
  const members = { ...request };
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = members[name];
    delete members[name];
    return encodeSegment(name, value);
  });
  const hasBody = method !== "GET" && method !== "DELETE";
  const ifMatch = takesIfMatch ? readIfMatch(options) : undefined;
  return {
    method,
    url: `${baseUrl}${path}${hasBody ? "" : writeQuery(members)}`,
    headers: {
      Accept: "application/json, application/problem+json",
      ...(hasBody && { "Content-Type": "application/json" }),
      ...(takesKey && { "Idempotency-Key": readIdempotencyKey(options) }),
      ...(ifMatch !== undefined && { "If-Match": ifMatch }),
    },
    body: hasBody ? JSON.stringify(members) : null,
  };
};

/** An address without the segment, or with one of dots, is the address of another operation. */
function encodeSegment(name: string, value: unknown): string {
  if (typeof value === "string" && !/^\.{0,2}$/.test(value) && value.isWellFormed()) {
    return encodeURIComponent(value);
  }
  const expected = 'must be a text other than "", "." and ".."';
  throw invalid("invalid_request", name, `${expected}, not ${show(value)}`);
}

/** Spaces as %20: in a signature, a plus is a plus. */
function writeQuery(members: CallRequest): string {
  const pairs = Object.entries(members)
    .filter(([, value]) => value !== undefined)
    .map((pair) => pair.map((part) => encodeURIComponent(String(part))).join("="));
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}
