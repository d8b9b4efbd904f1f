/**
 * A client without the parts of the SDK that only a network needs. They take three quarters of the
 * time of a request that stays in the process. Retries, with their waits and headers, are the SDK's.
 */
import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import type { HttpRequest, HttpResponse } from "./transport.ts";

const forNetworks = [
  "contentLengthMiddleware",
  "getUserAgentMiddleware",
  "hostHeaderMiddleware",
  "httpAuthSchemeMiddleware",
  "httpSigningMiddleware",
  "loggerMiddleware",
  "recursionDetectionMiddleware",
];
/** Each command brings this one, so it is removed where a command's stack joins the client's. */
const forEndpoints = "endpointV2Middleware";

/** A client as `new DynamoDBClient(config)` makes it, for a configuration of a door. */
export const leanClient = (config: DynamoDBClientConfig): DynamoDBClient => {
  const client = new DynamoDBClient(config);
  for (const name of forNetworks) client.middlewareStack.remove(name);
  convertWithoutCopies(client);
  removeFromJoined(client.middlewareStack);
  return client;
};

type Stack = DynamoDBClient["middlewareStack"];

function removeFromJoined(stack: Pick<Stack, "concat">): void {
  const { concat } = stack;
  stack.concat = (from) => {
    const joined = concat(from);
    joined.remove(forEndpoints);
    removeFromJoined(joined);
    return joined;
  };
}

interface Protocol {
  serializeRequest(operation: object, input: object, context: object): Promise<HttpRequest>;
  deserializeResponse(operation: object, context: object, response: HttpResponse): Promise<object>;
}

/** The SDK's own conversions copy the client's configuration for each request, twice. */
function convertWithoutCopies(client: DynamoDBClient): void {
  const protocol = client.config.protocol as unknown as Protocol;
  const stack = client.middlewareStack as unknown as {
    add(middleware: Middleware, options: object): void;
  };
  stack.add(
    (next, context) => async (args) => {
      const operation = operationOf(context);
      const request = await protocol.serializeRequest(operation, args.input, inContext(context));
      return next({ ...args, request });
    },
    { name: "serializerMiddleware", step: "serialize", override: true },
  );
  stack.add(
    (next, context) => async (args) => {
      const { response } = await next(args);
      const operation = operationOf(context);
      const output = await protocol.deserializeResponse(operation, context, response);
      return { response, output };
    },
    { name: "deserializerMiddleware", step: "deserialize", override: true },
  );
}

interface Arguments {
  input: object;
}
interface Result {
  response: HttpResponse;
}
interface Context {
  __smithy_context?: { operationSchema?: readonly unknown[] };
}
type Middleware = (
  next: (args: Arguments & { request?: HttpRequest }) => Promise<Result>,
  context: Context,
) => (args: Arguments) => Promise<Result & { output?: object }>;

/** The operation's schema as the protocols take it. */
function operationOf({ __smithy_context: smithy }: Context): object {
  const [, namespace, name, traits, input, output] = smithy?.operationSchema ?? [];
  return { namespace, name, traits, input, output };
}

const inContext = (context: Context) => ({ ...context, endpoint: async () => undefined });
