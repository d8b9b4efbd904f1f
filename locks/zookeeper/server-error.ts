/** What the server's errors mean to a lock. */
import { Exception } from "node-zookeeper-client";

/** The code of an error that came from the server or its client. */
const codeOf = (error: unknown): number | undefined => {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "number" ? code : undefined;
};

export const isNoNode = (error: unknown): boolean => codeOf(error) === Exception.NO_NODE;
export const isNodeExists = (error: unknown): boolean => codeOf(error) === Exception.NODE_EXISTS;
export const isExpired = (error: unknown): boolean => codeOf(error) === Exception.SESSION_EXPIRED;

/** Whether the server has answered a request within a living session, even by a refusal. */
export const isAnswer = (error: unknown): boolean => {
  if (error === null || error === undefined) return true;
  const code = codeOf(error);
  // All codes of refused requests are below API_ERROR, those of the client's own failures above.
  return code !== undefined && code < Exception.API_ERROR && code !== Exception.SESSION_EXPIRED;
};

const finalCodes = new Set([
  Exception.NO_AUTH,
  Exception.AUTH_FAILED,
  Exception.INVALID_ACL,
  Exception.BAD_ARGUMENTS,
  Exception.NO_CHILDREN_FOR_EPHEMERALS,
]);

const unfitErrors = new WeakSet<Error>();

/** An error for what the server says and we cannot take, however often it is asked. */
export const unfitError = (message: string): Error => {
  const error = new Error(message);
  unfitErrors.add(error);
  return error;
};

/** Whether no repeat can help. */
export const isFinal = (error: unknown): boolean =>
  error instanceof Error && (unfitErrors.has(error) || finalCodes.has(codeOf(error) ?? 0));
