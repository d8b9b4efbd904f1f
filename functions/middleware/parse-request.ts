import { isUtf8 } from "node:buffer";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import * as z from "zod/mini";
import { bodyBytesMax, jsonDepthMax } from "../../contract/bounds.ts";
import { closedObject } from "../../contract/fields.ts";
import type { Issue } from "../../contract/problem-schemas.ts";
import * as problems from "../../contract/problems.ts";
import type { HeaderPart, RequestSchema, RequestInput } from "../../contract/request.ts";
import { issuesOf } from "../issues.ts";
import { depthOf } from "../json-depth.ts";
import { refuse, RefusedRequest, refuseRequest } from "./answer.ts";
import { ownKey } from "./caller.ts";

const noBody = closedObject({});

const refused = (...refusal: Parameters<typeof refuse>): never => {
  throw new RefusedRequest(refuse(...refusal));
};

const readBody = ({ body = "", isBase64Encoded }: APIGatewayProxyEventV2): string => {
  const bytes = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  if (bytes.length > bodyBytesMax) {
    refused(problems.too_large, `The body has ${bytes.length} bytes, more than ${bodyBytesMax}.`);
  }
  if (isBase64Encoded && !isUtf8(bytes)) refused(problems.invalid_json, "The body is not UTF-8.");
  const text = isBase64Encoded ? bytes.toString() : body;
  const depth = depthOf(text);
  if (depth > jsonDepthMax) {
    const message = `must be nested at most ${jsonDepthMax} deep, not ${depth}`;
    throw new RefusedRequest(refuseRequest([{ path: "body", message }]));
  }
  return text;
};

const readJson = (event: APIGatewayProxyEventV2, schema: RequestSchema): unknown => {
  const text = readBody(event);
  if (text === "") {
    if (schema.body === undefined || schema.mayOmitBody) return {};
    refused(
      problems.invalid_json,
      "The body is empty, and this call needs one: send a JSON object.",
    );
  }
  const mediaType = event.headers["content-type"] ?? "";
  if (!/^application\/json\s*(;|$)/i.test(mediaType)) {
    const sent = mediaType === "" ? "no Content-Type" : `Content-Type ${mediaType}`;
    refused(problems.unsupported_media_type, `The body came with ${sent}: send application/json.`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    return refused(problems.invalid_json, `The body is not JSON: ${(error as Error).message}.`);
  }
};

/** A query parameter that is there more than once: API Gateway joins its values by a comma. */
const repeatedIn = ({ rawQueryString }: APIGatewayProxyEventV2): Issue[] => {
  const names = [...new URLSearchParams(rawQueryString).keys()];
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) < index));
  return Array.from(repeated, (path) => ({
    path,
    message: "must be given once, not several times",
  }));
};

/** A header's text, without the quotes of a string (RFC 8941, section 3.3.3) where it has them. */
const bare = (header: string | undefined): string | undefined =>
  header?.replace(/^"(.*)"$/, (_, inner: string) => inner.replaceAll(/\\(.)/g, "$1"));

/**
 * Reads the parts of a request that its schema names. Everything that is wrong with them is told at
 * once; a call without a body takes none, or `{}`.
 *
 * @throws RefusedRequest
 */
export const parseRequest = <Schema extends RequestSchema>(
  schema: Schema,
  event: APIGatewayProxyEventV2,
): RequestInput<Schema> => {
  const issues: Issue[] = [];
  const input: Record<string, unknown> = {};
  const read = (part: string, name: string, partSchema: z.core.$ZodType, value: unknown) => {
    const result = z.safeParse(partSchema, value);
    if (result.success) input[part] = result.data;
    else issues.push(...issuesOf(name, result.error));
  };
  const body = readJson(event, schema);
  if (schema.params) read("params", "path", schema.params, event.pathParameters ?? {});
  const repeated = schema.query ? repeatedIn(event) : [];
  issues.push(...repeated);
  if (schema.query && repeated.length === 0) {
    read("query", "query", schema.query, event.queryStringParameters ?? {});
  }
  const readHeader = (part: HeaderPart, name: string, value: string | undefined) => {
    const partSchema = schema[part];
    if (partSchema && value !== undefined) read(part, name, partSchema, value);
  };
  readHeader("idempotencyKey", "Idempotency-Key", bare(event.headers["idempotency-key"]));
  readHeader("ifMatch", "If-Match", event.headers["if-match"]);
  readHeader("ifNoneMatch", "If-None-Match", event.headers["if-none-match"]);
  read("body", "body", schema.body ?? noBody, body);
  if (issues.length > 0) throw new RefusedRequest(refuseRequest(issues));
  const { idempotencyKey } = input;
  if (typeof idempotencyKey === "string") input["idempotencyKey"] = ownKey(event, idempotencyKey);
  return input as RequestInput<Schema>;
};
