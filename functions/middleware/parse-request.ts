import type { APIGatewayProxyEventV2 } from "aws-lambda";
import * as z from "zod/mini";
import { bodyBytesMax } from "../../contract/bounds.ts";
import { closedObject } from "../../contract/fields.ts";
import type { Issue } from "../../contract/problem-schemas.ts";
import type { HeaderPart, RequestSchema, RequestInput } from "../../contract/request.ts";
import { issuesOf } from "../issues.ts";
import { refuse, RefusedRequest, refuseRequest } from "./answer.ts";

const noBody = closedObject({});

const refused = (...refusal: Parameters<typeof refuse>): never => {
  throw new RefusedRequest(refuse(...refusal));
};

const readBody = ({ body = "", isBase64Encoded }: APIGatewayProxyEventV2): string => {
  const bytes = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  if (bytes.length > bodyBytesMax) {
    refused("too_large", `The body has ${bytes.length} bytes, more than ${bodyBytesMax}.`);
  }
  return isBase64Encoded ? bytes.toString() : body;
};

const readJson = (event: APIGatewayProxyEventV2, schema: RequestSchema): unknown => {
  const text = readBody(event);
  if (text === "") {
    if (schema.body === undefined || schema.mayOmitBody) return {};
    refused("invalid_json", "The body is empty, and this call needs one: send a JSON object.");
  }
  const mediaType = event.headers["content-type"] ?? "";
  if (!/^application\/json\s*(;|$)/i.test(mediaType)) {
    const sent = mediaType === "" ? "no Content-Type" : `Content-Type ${mediaType}`;
    refused("unsupported_media_type", `The body came with ${sent}: send application/json.`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    return refused("invalid_json", `The body is not JSON: ${(error as Error).message}.`);
  }
};

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
  if (schema.query) read("query", "query", schema.query, event.queryStringParameters ?? {});
  const readHeader = (part: HeaderPart, name: string) => {
    const value = event.headers[name.toLowerCase()];
    const partSchema = schema[part];
    if (partSchema && value !== undefined) read(part, name, partSchema, value);
  };
  readHeader("idempotencyKey", "Idempotency-Key");
  readHeader("ifMatch", "If-Match");
  read("body", "body", schema.body ?? noBody, body);
  if (issues.length > 0) throw new RefusedRequest(refuseRequest(issues));
  return input as RequestInput<Schema>;
};
