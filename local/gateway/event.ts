/**
 * A request as the event that a function gets: API Gateway's payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import { isUtf8 } from "node:buffer";
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { localAccountId } from "../local-account.ts";
import type { AuthorizerContext } from "./authorizers.ts";

export interface EventParts {
  request: IncomingMessage;
  requestId: string;
  /** As it was sent, still encoded. */
  path: string;
  /** Without the question mark; empty when there is none. */
  query: string;
  routeKey: string;
  pathParameters?: Record<string, string>;
  authorizer?: AuthorizerContext;
  apiId: string;
  stageName: string;
  body: Buffer;
}

/** The event as JSON. */
export const buildEvent = (parts: EventParts): string => {
  const { request, body } = parts;
  const headers = joinHeaders(request);
  const { cookie } = headers;
  delete headers["cookie"];
  // In base64 a function sees that a body is not UTF-8; as text it would have other characters.
  const isText = textTypes.test(headers["content-type"] ?? "") && isUtf8(body);
  const domainName = headers["host"] ?? "";
  const sourceIp = request.socket.remoteAddress ?? "127.0.0.1";
  const nowMs = Date.now();
  return JSON.stringify({
    version: "2.0",
    routeKey: parts.routeKey,
    rawPath: parts.path,
    rawQueryString: parts.query,
    // JSON leaves out what is undefined, as API Gateway leaves out what is not there.
    cookies: cookie?.split(/; */),
    headers: {
      ...headers,
      "x-amzn-trace-id": traceId(nowMs),
      "x-forwarded-for": sourceIp,
      "x-forwarded-port": String(request.socket.localPort),
      "x-forwarded-proto": "http",
    },
    queryStringParameters: parts.query === "" ? undefined : readQuery(parts.query),
    pathParameters: parts.pathParameters,
    requestContext: {
      accountId: localAccountId,
      apiId: parts.apiId,
      authorizer: parts.authorizer,
      domainName,
      domainPrefix: /^[^.:]*/.exec(domainName)?.[0],
      http: {
        method: request.method,
        path: parts.path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: parts.requestId,
      routeKey: parts.routeKey,
      stage: parts.stageName,
      time: logTime(nowMs),
      timeEpoch: nowMs,
    },
    ...(body.length > 0 && { body: body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: body.length > 0 && !isText,
  });
};

/** The types whose bodies API Gateway hands over as text; all others arrive in base64. */
const textTypes = /^\s*(text\/[^;]*|application\/(json|javascript|xml))\s*(;|$)/i;

/** Lower-case names, the values of one name joined by a comma. */
const joinHeaders = ({ rawHeaders }: IncomingMessage): Record<string, string> => {
  // No prototype: a header may be called `constructor`.
  const headers = Object.create(null) as Record<string, string>;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    const value = rawHeaders[index + 1] ?? "";
    const earlier = headers[name];
    const separator = name === "cookie" ? "; " : ",";
    headers[name] = earlier === undefined ? value : `${earlier}${separator}${value}`;
  }
  return headers;
};

/** Decoded; the values of one name joined by a comma. */
const readQuery = (query: string): Record<string, string> => {
  const parameters = Object.create(null) as Record<string, string>;
  for (const [name, value] of new URLSearchParams(query)) {
    const earlier = parameters[name];
    parameters[name] = earlier === undefined ? value : `${earlier},${value}`;
  }
  return parameters;
};

/** Hexadecimal digits, of randomness that Node.js has drawn in advance: this is the hot path. */
const randomHex = (): string => randomUUID().replaceAll("-", "");

/** In the form that API Gateway's have: 15 characters and an equals sign. */
export const createRequestId = (): string =>
  `${Buffer.from(randomHex(), "hex").toString("base64url").slice(0, 15)}=`;

const traceId = (nowMs: number): string =>
  `Root=1-${Math.floor(nowMs / 1_000).toString(16)}-${randomHex().slice(0, 24)}`;

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** For example `12/Mar/2026:19:03:58 +0000`. */
const logTime = (nowMs: number): string => {
  const [date = "", time = ""] = new Date(nowMs).toISOString().split("T");
  const [year, month, day] = date.split("-");
  return `${day}/${months[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
};
