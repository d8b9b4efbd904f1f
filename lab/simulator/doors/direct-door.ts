/**
 * A door without JSON: the client's protocol passes the input of an operation on as an object, and
 * takes the output back so. Errors alone go through the SDK's own protocol, as parsed bodies, and
 * become its exceptions. The client's `protocol` option is documented; its interface is Smithy's
 * `ClientProtocol`.
 */
import { randomUUID } from "node:crypto";
import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { RequestError } from "../engine/request-error.ts";
import type { OperationName } from "../engine/request.ts";
import { bodyOfError } from "./json-body.ts";
import {
  handlerOf,
  invocationIdOf,
  localAccess,
  type DoorConfig,
  type HttpRequest,
  type HttpResponse,
  type Transport,
} from "./transport.ts";

export interface DirectDoorOptions {
  /** Makes the token of a TransactWriteItems that has none. Random when absent. */
  newToken?: () => string;
}

/** Options of a client whose requests a transport answers, without JSON. */
export const directDoor = (
  transport: Transport,
  { newToken = randomUUID }: DirectDoorOptions = {},
): DoorConfig => ({
  ...localAccess,
  protocol: directProtocol(newToken),
  requestHandler: handlerOf(async (request, abortSignal) => {
    const { operation, input } = request as DirectRequest;
    const invocationId = invocationIdOf(request);
    try {
      const output = await transport({ operation, input, invocationId }, abortSignal);
      return { statusCode: 200, headers: {}, output } as DirectResponse;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      const errorBody = bodyOfError(error);
      return { statusCode: error.status, headers: {}, errorBody } as DirectResponse;
    }
  }),
});

/** Has no body, so that nothing measures or signs one. */
interface DirectRequest extends HttpRequest {
  operation: OperationName;
  input: object;
}

interface DirectResponse extends HttpResponse {
  output?: object;
  errorBody?: object;
}

/** The parts of Smithy's `ClientProtocol` that are replaced; the others are those of the SDK. */
interface Protocol {
  serializeRequest(operation: { name: string }, input: object): Promise<HttpRequest>;
  deserializeResponse(operation: object, context: object, response: HttpResponse): Promise<object>;
}

/** The parts of the SDK's protocol that make an exception of an error. */
interface ErrorProtocol {
  deserializeMetadata(response: HttpResponse): object;
  /** Rejects with the exception. */
  handleError(
    operation: object,
    context: object,
    response: HttpResponse,
    body: object,
    metadata: object,
  ): Promise<never>;
}

/** The SDK's own, which keeps nothing from one request to the next. */
const json = new DynamoDBClient(localAccess).config.protocol as unknown as ErrorProtocol;

function directProtocol(newToken: () => string): DynamoDBClientConfig["protocol"] {
  const direct: Protocol = {
    // Called once for all attempts of a call, which so have one token.
    serializeRequest: async ({ name }, input) => {
      const request: DirectRequest = {
        method: "POST",
        protocol: "http:",
        hostname: "simulator.invalid",
        path: "/",
        query: {},
        headers: {},
        operation: name as OperationName,
        input: withToken(name, input, newToken),
      };
      return request;
    },
    deserializeResponse: async (operation, context, response: DirectResponse) => {
      const { output, errorBody, statusCode: httpStatusCode } = response;
      if (errorBody === undefined) return { ...output, $metadata: { httpStatusCode } };
      const metadata = json.deserializeMetadata(response);
      return json.handleError(operation, context, response, errorBody, metadata);
    },
  };
  const protocol: unknown = Object.assign(Object.create(json), direct);
  return protocol as DynamoDBClientConfig["protocol"];
}

/** The JSON serializer of the SDK fills the token in; `ClientRequestToken` has that trait. */
function withToken(operation: string, input: object, newToken: () => string): object {
  if (operation !== "TransactWriteItems") return input;
  const { ClientRequestToken: token } = input as { ClientRequestToken?: string };
  return { ...input, ClientRequestToken: token ?? newToken() };
}
