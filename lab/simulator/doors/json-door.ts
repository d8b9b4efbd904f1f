import { RequestError } from "../engine/request-error.ts";
import type { OperationName } from "../engine/request.ts";
import { decodeBody, encodeBody, encodeError } from "./json-body.ts";
import {
  handlerOf,
  invocationIdOf,
  localAccess,
  type DoorConfig,
  type Transport,
} from "./transport.ts";

/**
 * Options of a client whose requests a transport answers, in DynamoDB's JSON both ways. All of the
 * SDK runs but signatures and sockets.
 */
export const jsonDoor = (transport: Transport): DoorConfig => ({
  ...localAccess,
  requestHandler: handlerOf(async (request, abortSignal) => {
    const operation = request.headers["x-amz-target"]?.split(".")[1] as OperationName;
    const input = decodeBody(request.body!);
    const invocationId = invocationIdOf(request);
    try {
      const output = await transport({ operation, input, invocationId }, abortSignal);
      return { statusCode: 200, headers: {}, body: encodeBody(output) };
    } catch (error) {
      if (error instanceof RequestError) return encodeError(error);
      throw error;
    }
  }),
});
