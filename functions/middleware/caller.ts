/** The caller of a request, from API Gateway's authorizer. A stack without an authorizer has no known callers. */
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { actorLengthMax } from "../../contract/bounds.ts";

/** The caller's identity in API Gateway's event, which the package's types leave out. */
interface Identified {
  authorizer?: {
    jwt?: { claims?: { sub?: string; client_id?: string } };
    iam?: { userArn?: string };
  };
}

const callerOf = ({ requestContext }: APIGatewayProxyEventV2): string | undefined => {
  const { jwt, iam } = (requestContext as Identified).authorizer ?? {};
  return jwt?.claims?.sub ?? jwt?.claims?.client_id ?? iam?.userArn;
};

/** The caller as the ledger names them. */
export const actorOf = (event: APIGatewayProxyEventV2): string | undefined =>
  callerOf(event)?.slice(0, actorLengthMax).toWellFormed();

/** The session name of an assumed role. Each function or container of a service has a different one. */
const session = /(?<=:assumed-role\/[^/]+)\/.*$/;

/** Combines an idempotency key with its caller, so that the same key of two callers is two keys. */
export const ownKey = (event: APIGatewayProxyEventV2, idempotencyKey: string): string => {
  const caller = callerOf(event);
  return caller === undefined
    ? idempotencyKey
    : JSON.stringify([caller.replace(session, ""), idempotencyKey]);
};
