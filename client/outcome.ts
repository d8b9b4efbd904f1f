/** An answer as the outcome of a call. Refusals that a caller must act on are outcomes as well. */
import type { Answer } from "./answer.ts";
import { operations, type OperationId } from "./generated/operations.ts";
import type { Answers, Problem, ProblemCode, Shortage } from "./generated/schemas.ts";
import { meaningOf, type meanings } from "./operations.ts";
import type { CallRequest } from "./request.ts";

/** A refusal that the caller must act on. `problem` has the words, and the `requestId`. */
export type Refusal<Code extends ProblemCode> = Code extends "insufficient_stock"
  ? { outcome: Code; shortages: Shortage[]; problem: Problem }
  : Code extends "unknown_sku"
    ? { outcome: Code; skus: string[]; problem: Problem }
    : { outcome: Code; problem: Problem };

/** The outcome of an operation, for every operation of the contract. */
export type OutcomeOf<Id extends OperationId> = SuccessOf<Id> | RefusalOf<Id>;

export type RefusalOf<Id extends OperationId> = Refusal<
  (typeof operations)[Id]["refusals"][number]
>;

/** `replayed` is true where an earlier call under the same idempotency key, or an earlier attempt, did it. */
export type SuccessOf<Id extends OperationId> = Flat<
  { outcome: SuccessName<(typeof meanings)[Id]["success"]> } & AnswerMembers<Id> &
    ((typeof operations)[Id]["takesKey"] extends true ? { replayed: boolean } : unknown)
>;

type SuccessName<Success> = Success extends string
  ? Success
  : Success extends Readonly<Record<number, infer Name>>
    ? Name
    : never;

type AnswerMembers<Id extends OperationId> = (typeof meanings)[Id] extends {
  member: infer Member extends string;
}
  ? Record<Member, Answers[Id]>
  : Answers[Id];

/** Shows the members of an intersection as those of one object. */
type Flat<Type> = { [Member in keyof Type]: Type[Member] };

/** Returns undefined for an answer that is no outcome of the operation: it is a fault. */
export const readOutcome = (
  operation: OperationId,
  request: CallRequest,
  answer: Answer,
): object | undefined => {
  const { status, body } = answer;
  if (status >= 200 && status < 300) return readSuccess(operation, answer);
  const codes: readonly string[] = operations[operation].refusals;
  if (answer.code === undefined || !codes.includes(answer.code)) return undefined;
  return readRefusal(body as Problem, request);
};

function readSuccess(operation: OperationId, { status, headers, body }: Answer) {
  const { success, member } = meaningOf(operation);
  const outcome = typeof success === "string" ? success : success[status];
  const isComplete = status === 204 || (typeof body === "object" && body !== null);
  if (outcome === undefined || !isComplete) return undefined;
  return {
    outcome,
    ...(member === undefined ? (body as object | undefined) : { [member]: body }),
    ...(operations[operation].takesKey && {
      replayed: headers.get("Idempotency-Replayed") === "true",
    }),
  };
}

function readRefusal(problem: Problem, request: CallRequest) {
  const { code: outcome, shortages, skus } = problem;
  if (outcome === "insufficient_stock") return shortages && { outcome, shortages, problem };
  // The problem of a request about one SKU does not repeat it.
  if (outcome === "unknown_sku") return { outcome, skus: skus ?? [request["sku"]], problem };
  return { outcome, problem };
}
