/**
 * A client without the parts of the SDK that only a network needs. They take three quarters of the
 * time of a request that stays in the process. Retries, with their waits and headers, are the SDK's.
 */
import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import type { HttpRequest, HttpResponse } from "./transport.ts";

/** The middlewares that run, in the order of the SDK. The last one runs once for each attempt. */
const middlewareNames = [
  "DocumentMarshall",
  "serializerMiddleware",
  "retryMiddleware",
  "DocumentUnmarshall",
  "deserializerMiddleware",
] as const;

/** A client as `new DynamoDBClient(config)` makes it, for a configuration of a door. */
export const leanClient = (config: DynamoDBClientConfig): DynamoDBClient => {
  const client = new DynamoDBClient(config);
  convertWithoutCopies(client);
  joinWithoutSorting(client.middlewareStack as unknown as Stack);
  return client;
};

interface Stack {
  add(middleware: Middleware, options: object): void;
  applyToStack(stack: Receiver): void;
  concat(from: Stack): Stack;
  resolve(handler: Handler, context: Context): Handler;
}

/** Receives the middlewares of a stack. */
interface Receiver {
  add(middleware: Middleware, options: { name?: string }): void;
  addRelativeTo(middleware: Middleware, options: { name?: string }): void;
}

/** The SDK copies and sorts the middlewares of client and command several times for each request. */
function joinWithoutSorting(stack: Stack): void {
  const own = middlewaresOf(stack);
  stack.concat = (from) => {
    const added = middlewaresOf(from);
    const chain = middlewareNames.flatMap((name) => added.get(name) ?? own.get(name) ?? []);
    const joined: Stack = {
      ...stack,
      // A document command joins its own stack a second time.
      concat: () => joined,
      resolve: (handler, context) =>
        chain.reduceRight((next, middleware) => middleware(next, context), handler),
    };
    return joined;
  };
}

function middlewaresOf(stack: Stack): Map<string | undefined, Middleware> {
  const middlewares = new Map<string | undefined, Middleware>();
  const add: Receiver["add"] = (middleware, { name }) => void middlewares.set(name, middleware);
  stack.applyToStack({ add, addRelativeTo: add });
  return middlewares;
}

interface Protocol {
  serializeRequest(operation: object, input: object, context: object): Promise<HttpRequest>;
  deserializeResponse(operation: object, context: object, response: HttpResponse): Promise<object>;
}

/** The SDK's own conversions copy the client's configuration for each request, twice. */
function convertWithoutCopies(client: DynamoDBClient): void {
  const protocol = client.config.protocol as unknown as Protocol;
  const stack = client.middlewareStack as unknown as Stack;
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
  request?: HttpRequest;
}
interface Result {
  response: HttpResponse;
  output?: object;
}
interface Context {
  __smithy_context?: { operationSchema?: readonly unknown[] };
}
type Handler = (args: Arguments) => Promise<Result>;
type Middleware = (next: Handler, context: Context) => Handler;

/** The operation's schema as the protocols take it. */
function operationOf({ __smithy_context: smithy }: Context): object {
  const [, namespace, name, traits, input, output] = smithy?.operationSchema ?? [];
  return { namespace, name, traits, input, output };
}

const inContext = (context: Context) => ({ ...context, endpoint: async () => undefined });
