/** Who calls, as API Gateway's authorizer names them. Nobody is known where the stack has no authorizer. */
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { actorLengthMax } from "../../contract/bounds.ts";

/** What API Gateway's authorizers tell of the caller; the types know of none here. */
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

/** The session of an assumed role: another one in each function or container of the same service. */
const session = /(?<=:assumed-role\/[^/]+)\/.*$/;

/** The key of a request as its caller's own: the same key of two callers is two keys. */
export const ownKey = (event: APIGatewayProxyEventV2, idempotencyKey: string): string => {
  const caller = callerOf(event);
  return caller === undefined
    ? idempotencyKey
    : JSON.stringify([caller.replace(session, ""), idempotencyKey]);
};
