/** Reads from the OpenAPI document what the client needs of each operation. */

/** A JSON Schema, as far as the contract uses it. */
export interface Schema {
  $ref?: string;
  title?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  allOf?: Schema[];
  enum?: string[];
  [keyword: string]: unknown;
}

export interface Operation {
  id: string;
  method: string;
  path: string;
  takesKey: boolean;
  takesIfMatch: boolean;
  /** The codes of the refusals that a caller must act on. */
  refusals: string[];
  /** The members of the path, of the query and of the body as one object. */
  request: Schema;
  /** Undefined for an answer without a body. */
  answer: Schema | undefined;
}

export interface Description {
  operations: Operation[];
  components: Record<string, Schema>;
}

type Content = Record<string, { schema: Schema }>;

interface OperationObject {
  operationId: string;
  parameters: { name: string; in: string; required: boolean; schema: Schema }[];
  requestBody?: { content: Content };
  responses: Record<string, { content?: Content }>;
}

/** Refusals with these statuses are outcomes. All others are faults. */
const refusalStatuses = ["404", "409", "412", "422"];

export const readOperations = (document: Record<string, unknown>): Description => {
  const { paths, components } = document as {
    paths: Record<string, Record<string, OperationObject>>;
    components: { schemas: Record<string, Schema> };
  };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => readOperation(path, method, operation)),
  );
  return { operations, components: components.schemas };
};

const readOperation = (path: string, method: string, operation: OperationObject): Operation => {
  const { operationId: id, parameters, responses } = operation;
  const headers = parameters.filter((parameter) => parameter.in === "header");
  const takes = (header: string) => headers.some(({ name }) => name === header);
  const success = Object.entries(responses).find(([status]) => status.startsWith("2"))?.[1];
  return {
    id,
    method: method.toUpperCase(),
    path,
    takesKey: takes("Idempotency-Key"),
    takesIfMatch: takes("If-Match"),
    refusals: refusalStatuses.flatMap((status) => codesOf(responses[status]?.content)),
    request: requestOf(operation),
    answer: success?.content?.["application/json"]?.schema,
  };
};

const codesOf = (content: Content | undefined): string[] =>
  content?.["application/problem+json"]?.schema.allOf?.flatMap(
    ({ properties }) => properties?.["code"]?.enum ?? [],
  ) ?? [];

const requestOf = ({ operationId, parameters, requestBody }: OperationObject): Schema => {
  const inAddress = parameters.filter((parameter) => parameter.in !== "header");
  const body = requestBody?.content["application/json"]?.schema ?? {};
  const properties = {
    ...Object.fromEntries(inAddress.map(({ name, schema }) => [name, schema])),
    ...body.properties,
  };
  const expected = inAddress.length + Object.keys(body.properties ?? {}).length;
  if (Object.keys(properties).length < expected) {
    throw new Error(`${operationId}: a parameter and a member of the body have the same name.`);
  }
  const required = [
    ...inAddress.filter((parameter) => parameter.required).map(({ name }) => name),
    ...(body.required ?? []),
  ];
  return { type: "object", properties, required, additionalProperties: false };
};
