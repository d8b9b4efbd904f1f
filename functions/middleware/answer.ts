import type { Issue, Problem } from "../../contract/problem-schemas.ts";
import type { ProblemKind } from "../../contract/problem-json.ts";
import * as problems from "../../contract/problems.ts";
import { firstIssues, wordsOf } from "../issues.ts";

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
  problem: Omit<Problem, "type" | "status" | "requestId">;
}

type Members = Pick<Problem, "issues" | "moreIssues" | "shortages" | "skus">;

/**
 * @param detail says what to change, with the value that was sent and the bound
 * @param options `status` where the code stands for another one here; `members` of the problem
 */
export const refuse = (
  { code, status, title }: ProblemKind,
  detail: string,
  options: { status?: number; members?: Members; headers?: Record<string, string> } = {},
): Refusal => ({
  status: options.status ?? status,
  outcome: code,
  problem: { title, detail, code, ...options.members },
  ...(options.headers ? { headers: options.headers } : {}),
});

export const refuseRequest = (all: readonly Issue[]): Refusal => {
  const { issues, more } = firstIssues(all);
  return refuse(problems.invalid_request, wordsOf(all), {
    members: { issues, ...(more > 0 && { moreIssues: more }) },
  });
};

/** A refusal from inside a parser, where there is nothing to return it to. */
export class RefusedRequest extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.problem.detail);
    this.name = "RefusedRequest";
    this.refusal = refusal;
  }
}
