/**
 * The door of every function: middy around a table of operations. API Gateway has matched the route
 * already and says which in `routeKey`, so that nothing here matches a path a second time.
 *
 * The middlewares run around the handler as they are listed, the first one outermost: what is
 * thrown becomes an answer, the answer is counted and logged, then it is written as a response.
 */
// oxlint-disable-next-line import/no-named-as-default -- the types name only the default
import middy from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyResultV2, Context } from "aws-lambda";
import type { RequestInput, RequestSchema } from "../../contract/request.ts";
import type { Route } from "../../contract/routes.ts";
import type { Call } from "../../inventory/dynamodb/database.ts";
import type { Answer, Refusal } from "./answer.ts";
import { answerProblems } from "./answer-problems.ts";
import { callOf } from "./call.ts";
import { actorOf } from "./caller.ts";
import { parseRequest } from "./parse-request.ts";
import { telemetry } from "./telemetry.ts";
import { writeResponse } from "./write-response.ts";

type Operation = (event: APIGatewayProxyEventV2, call: Call) => Promise<Answer | Refusal>;

/** Parses a request by its schema, then does its work. */
export const endpoint =
  <Schema extends RequestSchema>(
    schema: Schema,
    work: (input: RequestInput<Schema>, call: Call) => Promise<Answer | Refusal>,
  ): Operation =>
  async (event, call) =>
    work(parseRequest(schema, event), call);

export type HttpHandler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyResultV2>;

/**
 * A Lambda handler that answers the given operations, each at its route, and by `fallback` whatever else it
 * gets.
 */
export const httpHandler = <Name extends string>(
  routes: Readonly<Record<Name, Route>>,
  operations: Partial<Record<Name, Operation>>,
  fallback?: Operation,
): HttpHandler => {
  const byRouteKey = new Map<string, { name: string; operation: Operation }>();
  for (const [name, operation] of Object.entries(operations) as [Name, Operation][]) {
    const { method, path } = routes[name];
    byRouteKey.set(`${method} ${path}`, { name, operation });
  }
  if (fallback) byRouteKey.set("$default", { name: "fallback", operation: fallback });

  const dispatch = async (event: APIGatewayProxyEventV2, context: Context) => {
    const found = byRouteKey.get(event.routeKey);
    if (found === undefined) throw new Error(`No operation answers ${event.routeKey}`);
    return found.operation(event, callOf(context, actorOf(event)));
  };

  const nameOf = (event: APIGatewayProxyEventV2) => byRouteKey.get(event.routeKey)?.name ?? "none";

  return middy<APIGatewayProxyEventV2, unknown>({ timeoutEarlyInMillis: 0 })
    .use(writeResponse())
    .use(telemetry(nameOf))
    .use(answerProblems())
    .handler(dispatch) as unknown as HttpHandler;
};
