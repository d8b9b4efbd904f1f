/**
 * The doors take the requests of an AWS SDK client without a network and hand them to a transport:
 * json-door.ts as the bytes that DynamoDB's protocol has, direct-door.ts as objects.
 */
import type { ConnectOptions } from "../../../inventory/dynamodb/database.ts";
import type { OperationName } from "../engine/request.ts";

export interface TransportRequest {
  operation: OperationName;
  /** With attribute values as `{ S: "…" }`. Do not change it: attempts share it. */
  input: object;
  /** The same for all attempts of one call of the client. */
  invocationId: string;
}

/**
 * Answers one attempt of a request with its output. It rejects with a RequestError, which is
 * DynamoDB's answer, or with another error for want of an answer, which reaches the SDK as it is.
 */
export type Transport = (request: TransportRequest, abortSignal?: AbortSignal) => Promise<object>;

/** The options of a client that goes through a door, as `connect` of the core takes them. */
export type DoorConfig = Omit<ConnectOptions, "requestTimeoutMs" | "newClient">;

/** The members of the SDK's requests that the doors read and write. */
export interface HttpRequest {
  method: string;
  protocol: string;
  hostname: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body?: Uint8Array | string;
}

export interface HttpResponse {
  statusCode: number;
  headers: Record<string, string>;
  body?: Uint8Array;
}

/** The SDK's `HttpHandler` without options of its own. */
export interface RequestHandler {
  handle(
    request: HttpRequest,
    options?: { abortSignal?: unknown },
  ): Promise<{ response: HttpResponse }>;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): object;
}

const schemeId = "smithy.api#noAuth";

/** An address that nothing listens to, and no signatures. */
export const localAccess = {
  region: "local",
  endpoint: "http://simulator.invalid",
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
  httpAuthSchemes: [
    {
      schemeId,
      identityProvider: () => async () => ({}),
      signer: { sign: async (request) => request },
    },
  ],
  httpAuthSchemeProvider: () => [{ schemeId }],
} satisfies DoorConfig;

/** Wraps a function as the SDK's request handler, which has no options. */
export const handlerOf = (
  answer: (request: HttpRequest, abortSignal: AbortSignal | undefined) => Promise<HttpResponse>,
): RequestHandler => ({
  handle: async (request, options) => ({
    response: await answer(request, options?.abortSignal as AbortSignal | undefined),
  }),
  updateHttpClientConfig: () => {},
  httpHandlerConfigs: () => ({}),
});

/** The header in which the SDK names the call that an attempt is for. */
export const invocationIdOf = ({ headers }: HttpRequest): string =>
  headers["amz-sdk-invocation-id"] ?? "";
