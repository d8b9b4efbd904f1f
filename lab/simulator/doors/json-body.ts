/** DynamoDB's JSON: attribute values with binary ones in base64, and errors with their type. */
import type { RequestError } from "../engine/request-error.ts";
import type { HttpResponse } from "./transport.ts";

const mayHaveBinary = /"BS?":/;

export const decodeBody = (body: Uint8Array | string): object => {
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  return JSON.parse(text, mayHaveBinary.test(text) ? reviveBinary : undefined) as object;
};

/** An attribute of that name has an object as its value. */
function reviveBinary(name: string, value: unknown): unknown {
  if (name === "B" && typeof value === "string") return Buffer.from(value, "base64");
  if (name !== "BS" || !Array.isArray(value)) return value;
  return value.map((text: string) => Buffer.from(text, "base64"));
}

export const encodeBody = (output: object): Uint8Array =>
  Buffer.from(JSON.stringify(output, replaceBinary));

/** Reads the member itself, since a Buffer replaces itself first. */
function replaceBinary(this: Record<string, unknown>, name: string, value: unknown): unknown {
  const member = this[name];
  return member instanceof Uint8Array ? Buffer.from(member).toString("base64") : value;
}

/** The response of an error. */
export const encodeError = (error: RequestError): HttpResponse => ({
  statusCode: error.status,
  headers: {},
  body: encodeBody(bodyOfError(error)),
});

/** The body of an error: `__type`, the message, and `Item` or `CancellationReasons`. */
export const bodyOfError = ({ name, message, body }: RequestError): object => ({
  __type: `com.amazonaws.dynamodb.v20120810#${name}`,
  message,
  ...body,
});
