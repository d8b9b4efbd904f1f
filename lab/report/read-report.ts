/** Reports of earlier runs, as they were printed by `--json`. */
import { readFile } from "node:fs/promises";
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { UsageError } from "../harness/usage-error.ts";
import reportSchemaDocument from "./report.schema.json" with { type: "json" };
import { reportSchema, type Report } from "./report.ts";

const validate = new Ajv2020().compile<Report>(reportSchemaDocument);

/** @throws UsageError that names the file and what is wrong with it, in one line */
export const readReport = async (path: string): Promise<Report> => {
  const value = parse(path, await read(path));
  const schema = (value as { schema?: unknown } | null)?.schema;
  if (schema !== reportSchema) {
    const found = schema === undefined ? "has no schema" : `is of schema ${JSON.stringify(schema)}`;
    throw new UsageError(
      `${path} ${found}, where ${JSON.stringify(reportSchema)} is needed: ` +
        "only what --json printed can be compared.",
    );
  }
  if (!validate(value)) throw new UsageError(`${path} is no report: ${describe(validate.errors)}.`);
  return value;
};

const read = async (path: string): Promise<string> => {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(
      code === "ENOENT" ? `There is no file ${path}.` : `${path} cannot be read: ${message}.`,
    );
  }
};

const parse = (path: string, json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch (error) {
    // The parser's message may quote the text, with its line breaks.
    const message = (error as Error).message.replaceAll(/\s+/g, " ");
    throw new UsageError(`${path} is not JSON: ${message}.`);
  }
};

const describe = (errors: readonly ErrorObject[] | null | undefined): string => {
  const [{ instancePath, message, params } = {} as ErrorObject] = errors ?? [];
  const name = (params as { additionalProperty?: string }).additionalProperty;
  return `${instancePath || "it"} ${message}${name === undefined ? "" : ` (${name})`}`;
};
