/** A function's answer as an HTTP response, by the rules of payload format 2.0. */
import type { OutgoingHttpHeaders } from "node:http";

export interface HttpAnswer {
  status: number;
  headers: OutgoingHttpHeaders;
  body: Buffer | string;
}

/** What the gateway says itself, without asking a function. */
export const gatewayAnswer = (
  status: number,
  message: string,
  headers: OutgoingHttpHeaders = {},
): HttpAnswer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify({ message }),
});

export const internalServerError = gatewayAnswer(500, "Internal Server Error");

/** Those that speak of the connection or of the length are the gateway's own to set. */
const reservedHeaders = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

/** The answer as JSON. One that API Gateway would not take becomes a 500, as there. */
export const readAnswer = (answer: string): HttpAnswer => {
  const value: unknown = JSON.parse(answer);
  if (!isObject(value) || !("statusCode" in value)) {
    const body = typeof value === "string" ? value : answer;
    return { status: 200, headers: { "content-type": "application/json" }, body };
  }
  const status = Number(value["statusCode"]);
  const { headers = {}, cookies = [], body = "", isBase64Encoded = false } = value;
  const isStatus = Number.isInteger(status) && status >= 200 && status <= 599;
  const isWellFormed =
    isStatus && isObject(headers ?? {}) && Array.isArray(cookies) && typeof body === "string";
  if (!isWellFormed) return internalServerError;
  return {
    status,
    headers: readHeaders((headers ?? {}) as Record<string, unknown>, cookies),
    body: isBase64Encoded === true ? Buffer.from(body, "base64") : body,
  };
};

const readHeaders = (
  headers: Record<string, unknown>,
  cookies: readonly unknown[],
): OutgoingHttpHeaders => {
  const read: OutgoingHttpHeaders = { "content-type": "text/plain; charset=utf-8" };
  for (const [name, value] of Object.entries(headers)) {
    const lowerCased = name.toLowerCase();
    if (!reservedHeaders.has(lowerCased)) read[lowerCased] = String(value);
  }
  if (cookies.length > 0) read["set-cookie"] = cookies.map(String);
  return read;
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
