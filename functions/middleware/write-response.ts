import type { MiddlewareObj, Request } from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type { Problem } from "../../contract/problem-schemas.ts";
import { problemMediaType, problemType } from "../../contract/problem-json.ts";
import type { Answer, Refusal } from "./answer.ts";

/** The problem of a refusal, but for the request that it refuses. */
export const problemOf = ({
  status,
  problem: { title, ...members },
}: Refusal): Omit<Problem, "requestId"> => ({
  type: problemType(members.code),
  title,
  status,
  ...members,
});

const write = (request: Request<APIGatewayProxyEventV2>): void => {
  const answer: Answer | Refusal = request.response;
  const isProblem = "problem" in answer;
  const { requestId } = request.event.requestContext;
  const body = isProblem ? { ...problemOf(answer), requestId } : answer.body;
  request.response = {
    statusCode: answer.status,
    headers: {
      ...(body !== undefined && {
        "Content-Type": isProblem ? problemMediaType : "application/json",
      }),
      ...answer.headers,
    },
    body: JSON.stringify(body),
  } satisfies APIGatewayProxyStructuredResultV2;
};

/** Turns the answer into a response of payload format 2.0. */
export const writeResponse = (): MiddlewareObj<APIGatewayProxyEventV2> => ({
  after: write,
  onError: write,
});
