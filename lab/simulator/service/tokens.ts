/** Client tokens: a transaction that is repeated under its token is applied once. */
import { RequestError, type Request } from "../engine/engine.ts";
import type { VirtualTime } from "../time/virtual-time.ts";
import type { Reply } from "./context.ts";

interface Known {
  input: object;
  /** Undefined while the first is under way. */
  output: object | undefined;
  untilMs: number;
}

export interface Tokens {
  /** The reply to a repeat; undefined for a transaction that is to run. */
  begin(request: Request): Reply | undefined;
  complete(request: Request, output: object): void;
  /** A cancelled transaction may be tried again under its token. */
  forget(request: Request): void;
}

export const createTokens = (time: VirtualTime, tokenMs: number): Tokens => {
  const known = new Map<string, Known>();

  return {
    begin: (request) => {
      const { clientToken, input } = request;
      if (clientToken === undefined) return undefined;
      const earlier = known.get(clientToken);
      if (earlier === undefined || earlier.untilMs < time.nowMs) {
        known.set(clientToken, { input, output: undefined, untilMs: time.nowMs + tokenMs });
        return undefined;
      }
      if (!isSame(earlier.input, input)) {
        return { error: refuse("IdempotentParameterMismatchException") };
      }
      if (earlier.output === undefined) return { error: refuse("TransactionInProgressException") };
      return { output: earlier.output };
    },
    complete: ({ clientToken }, output) => {
      const one = clientToken === undefined ? undefined : known.get(clientToken);
      if (one !== undefined) one.output = output;
    },
    forget: ({ clientToken }) => {
      if (clientToken !== undefined) known.delete(clientToken);
    },
  };
};

const messages = {
  IdempotentParameterMismatchException:
    "Request parameters do not match those of the request with the same token.",
  TransactionInProgressException: "The transaction with this token is in progress.",
} as const;

const refuse = (name: keyof typeof messages): RequestError =>
  new RequestError(name, messages[name]);

/** Attempts of one request mostly share their input. */
const isSame = (a: object, b: object): boolean =>
  a === b || JSON.stringify(a) === JSON.stringify(b);
