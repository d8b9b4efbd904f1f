import type { Issue, Problem } from "../../contract/problem-schemas.ts";
import { problems, type ProblemCode } from "../../contract/problems.ts";

/** What a route answers, before it becomes a response of API Gateway's. */
export interface Answer {
  status: number;
  /** What happened, in one word, for logs and metrics. */
  outcome: string;
  /** Undefined for an answer without a body. */
  body: unknown;
  headers?: Record<string, string>;
}

export const answer = (
  status: number,
  outcome: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Answer => ({ status, outcome, body, headers });

/** An answer that refuses, to be completed with the request's id. */
export interface Refusal extends Omit<Answer, "body"> {
  problem: Omit<Problem, "type" | "title" | "status" | "requestId">;
}

type Members = Pick<Problem, "issues" | "shortages" | "skus">;

/**
 * @param detail says what to change, with the value that was sent and the bound
 * @param options `status` where the code stands for another one here; `members` of the problem
 */
export const refuse = (
  code: ProblemCode,
  detail: string,
  options: { status?: number; members?: Members; headers?: Record<string, string> } = {},
): Refusal => ({
  status: options.status ?? problems[code].status,
  outcome: code,
  problem: { detail, code, ...options.members },
  ...(options.headers ? { headers: options.headers } : {}),
});

export const refuseRequest = (issues: Issue[]): Refusal =>
  refuse("invalid_request", issues.map(({ path, message }) => `${path} ${message}`).join("; "), {
    members: { issues },
  });

/** A refusal from inside a parser, where there is nothing to return it to. */
export class RefusedRequest extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.problem.detail);
    this.name = "RefusedRequest";
    this.refusal = refusal;
  }
}
