/**
 * Remembers the client tokens of applied transactions, for a caller that decides how long: AWS keeps
 * them for 10 minutes.
 */
import { RequestError } from "./request-error.ts";
import type { Request } from "./request.ts";

export interface TokenMemory {
  /**
   * True when a transaction with the same token and content was applied.
   *
   * @throws RequestError `IdempotentParameterMismatchException` when its content was another
   */
  isRepeat(request: Request): boolean;
  /** Remembers the token of an applied transaction. A request without a token is ignored. */
  remember(request: Request): void;
  forget(token: string): void;
}

export const createTokenMemory = (): TokenMemory => {
  const contents = new Map<string, string>();
  return {
    isRepeat: ({ clientToken, input }) => {
      const known = clientToken === undefined ? undefined : contents.get(clientToken);
      if (known === undefined) return false;
      if (known === contentOf(input)) return true;
      throw new RequestError(
        "IdempotentParameterMismatchException",
        "Request parameters do not match the parameters of the first request with this token",
      );
    },
    remember: ({ clientToken, input }) => {
      if (clientToken !== undefined) contents.set(clientToken, contentOf(input));
    },
    forget: (token) => void contents.delete(token),
  };
};

/** The actions alone: options such as `ReturnConsumedCapacity` may differ. */
const contentOf = (input: { TransactItems?: readonly object[] }): string =>
  JSON.stringify(input.TransactItems);
