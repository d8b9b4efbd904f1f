import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { expect, test } from "vitest";
import { answerProblems } from "../../../functions/middleware/answer-problems.ts";
import type { Refusal } from "../../../functions/middleware/answer.ts";
import { InventoryError, type InventoryErrorCode } from "../../../inventory/errors.ts";

const refusalOf = (error: Error, headers: Record<string, string> = {}): Refusal => {
  const request = {
    event: { headers } as unknown as APIGatewayProxyEventV2,
    error,
    response: undefined,
  };
  answerProblems().onError!(request as never);
  return request.response as unknown as Refusal;
};

const key = { "idempotency-key": "cart-1" };

test.each<InventoryErrorCode>(["busy", "unavailable"])(
  "%s advises only a caller with a key to keep the key",
  (code) => {
    const error = new InventoryError(code, "inner");
    expect(refusalOf(error, key)).toMatchObject({
      status: 503,
      headers: { "Retry-After": "1" },
      problem: { code: "busy", detail: "Try again in 1 s, with the same Idempotency-Key." },
    });
    expect(refusalOf(error)).toMatchObject({
      status: 503,
      headers: { "Retry-After": "1" },
      problem: { code: "busy", detail: "Try again in 1 s." },
    });
  },
);

test.each([new Error("inner"), new InventoryError("inconsistent", "inner")])(
  "%s is internal, and says nothing of itself",
  (error) => {
    const refusal = refusalOf(error, key);
    expect(refusal).toMatchObject({ status: 500, problem: { code: "internal" } });
    expect(JSON.stringify(refusal)).not.toContain("inner");
  },
);
