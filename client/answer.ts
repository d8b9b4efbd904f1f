/** An HTTP answer, read whole, and the fault that it is where it is no outcome. */
import type { FaultCode } from "./errors.ts";
import type { Issue } from "./generated/schemas.ts";

export interface Answer {
  status: number;
  headers: Headers;
  /** The parsed JSON. Undefined for anything else. */
  body: unknown;
  /** The code of a problem. Undefined for a success, and where something before Holdfast answered. */
  code: FaultCode | undefined;
}

export const readAnswer = async (response: Response): Promise<Answer> => {
  const { status, headers } = response;
  const body = parse(await response.text());
  return { status, headers, body, code: status >= 400 ? textIn(body, "code") : undefined };
};

/** Answers without a problem are of API Gateway, or of a proxy. */
const codesByStatus: Record<number, FaultCode> = {
  400: "invalid_request",
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  413: "too_large",
  429: "throttled",
  500: "internal",
  502: "unavailable",
  503: "unavailable",
  504: "unavailable",
};

export const faultCodeOf = ({ code, status }: Answer): FaultCode =>
  code ?? codesByStatus[status] ?? "malformed_answer";

/** The words of the answer: a problem's `detail`, or API Gateway's `message`. */
export const detailOf = ({ body }: Answer): string | undefined =>
  textIn(body, "detail") ?? textIn(body, "message");

export const requestIdOf = ({ body, headers }: Answer): string | undefined =>
  textIn(body, "requestId") ?? headers.get("Apigw-Requestid") ?? undefined;

export const issuesOf = ({ body }: Answer): Issue[] | undefined => {
  const issues = isObject(body) ? body["issues"] : undefined;
  return Array.isArray(issues) ? (issues as Issue[]) : undefined;
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textIn<Text extends string>(body: unknown, member: string): Text | undefined {
  const value = isObject(body) ? body[member] : undefined;
  return typeof value === "string" ? (value as Text) : undefined;
}

function isObject(body: unknown): body is Record<string, unknown> {
  return typeof body === "object" && body !== null;
}
