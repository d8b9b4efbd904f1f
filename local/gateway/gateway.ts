/**
 * API Gateway's HTTP API: takes a request, finds its route, asks the authorizer, hands the event to
 * the function and its answer to the client. Knows nothing of workers: a function is an address to
 * call. Next: route-table.ts, event.ts, response.ts, authorizers.ts; http-listener.ts for the socket.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { ApiDescription, RouteDescription } from "../assembly/read-api.ts";
import { type Authorizer, createAuthorizer } from "./authorizers.ts";
import { buildEvent, createRequestId } from "./event.ts";
import { readBody } from "./read-body.ts";
import { gatewayAnswer, type HttpAnswer, internalServerError, readAnswer } from "./response.ts";
import { compileRoutes, type RouteMatch } from "./route-table.ts";

export interface GatewayOptions {
  api: ApiDescription;
  /** Calls a function with an event as JSON. Always resolves. */
  invoke: (functionId: string, event: string) => Promise<{ isFailed: boolean; answer: string }>;
  /** Called with the reason when an answer exceeds what Lambda returns. */
  onFailure: (message: string) => void;
}

interface Target extends RouteDescription {
  authorize: Authorizer;
}

/** API Gateway's own bound. */
const bodyBytesMax = 10 * 1024 * 1024;

/**
 * Lambda's maximum for the response of a function, in bytes of JSON.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const answerBytesMax = 6_291_556;

const badRequest = gatewayAnswer(400, "Bad Request");
const notFound = gatewayAnswer(404, "Not Found");
const serviceUnavailable = gatewayAnswer(503, "Service Unavailable");
const tooLarge = gatewayAnswer(413, "Request Entity Too Large");

export const createGateway = ({ api, invoke, onFailure }: GatewayOptions): RequestListener => {
  const { apiId, stageName } = api;
  const findRoute = compileRoutes<Target>(
    api.routes.map((route) => ({
      routeKey: route.routeKey,
      target: { ...route, authorize: createAuthorizer(route.authorization) },
    })),
  );
  // Of a stage with a name, the name is the path's first segment, and no part of any route.
  const prefix = stageName === "$default" ? "" : `/${stageName}`;

  const answer = async (
    request: IncomingMessage,
    requestId: string,
  ): Promise<HttpAnswer | undefined> => {
    const { path, query } = splitTarget(request.url ?? "/");
    if (!`${path}/`.startsWith(`${prefix}/`)) return notFound;
    const route = findRoute(request.method ?? "GET", path.slice(prefix.length));
    if (route === undefined) return notFound;
    if (route === "undecodable") return badRequest;
    const outcome = route.target.authorize(request);
    const authorized = outcome instanceof Promise ? await outcome : outcome;
    if ("refusal" in authorized) return authorized.refusal;
    const body = await readBody(request, bodyBytesMax);
    if (body === "too large") return tooLarge;
    if (body === "aborted") return undefined;
    const event = buildEvent({
      request,
      requestId,
      path,
      query,
      ...routeParts(route),
      ...(authorized.caller && { authorizer: authorized.caller }),
      apiId,
      stageName,
      body,
    });
    return callFunction(route.target, event);
  };

  const callFunction = async (target: Target, event: string): Promise<HttpAnswer> => {
    const { promise: tooLate, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), target.timeoutMs);
    const result = await Promise.race([invoke(target.functionId, event), tooLate]);
    clearTimeout(timer);
    if (result === undefined) return serviceUnavailable;
    if (result.isFailed) return internalServerError;
    const bytes = Buffer.byteLength(result.answer);
    if (bytes <= answerBytesMax) return readAnswer(result.answer);
    onFailure(
      `${target.routeKey}: the answer of ${target.functionId} has ${bytes} bytes, more than the ` +
        `${answerBytesMax} that Lambda returns`,
    );
    return internalServerError;
  };

  return (request, response) => {
    const requestId = createRequestId();
    answer(request, requestId)
      .catch(() => internalServerError)
      .then((found) => found && send(request, response, requestId, found))
      .catch(() => response.destroy());
  };
};

const routeParts = ({ routeKey, pathParameters }: RouteMatch<unknown>) => ({
  routeKey,
  ...(pathParameters && { pathParameters }),
});

const splitTarget = (url: string): { path: string; query: string } => {
  // A client of a proxy sends the whole address.
  const target = url.startsWith("/") ? url : url.replace(/^[a-z]+:\/\/[^/?]*/i, "");
  const index = target.indexOf("?");
  if (index === -1) return { path: target || "/", query: "" };
  return { path: target.slice(0, index) || "/", query: target.slice(index + 1) };
};

const send = (
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  answer: HttpAnswer,
): void => {
  const { status, headers, body } = answer;
  const ownHeaders = {
    "apigw-requestid": requestId,
    // HTTP allows neither a length nor a body here.
    ...(status !== 204 && { "content-length": Buffer.byteLength(body) }),
  };
  try {
    response.writeHead(status, { ...headers, ...ownHeaders });
  } catch {
    // A header that HTTP does not allow, such as one with a line break.
    const { status: code, headers: safe, body: text } = internalServerError;
    response.writeHead(code, { ...safe, "apigw-requestid": requestId }).end(text);
    return;
  }
  response.end(body);
  // What is left of the body is read and dropped: a client that writes does not read the answer.
  if (!request.complete) request.resume();
};
