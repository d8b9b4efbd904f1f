/** The generated files of client/: the types of requests and answers, and the table of operations. */
import { fileURLToPath } from "node:url";
import { format } from "prettier";
import { openApiDocument } from "../../contract/openapi.ts";
import { readOperations } from "./read-operations.ts";
import { renderOperations } from "./render-operations.ts";
import { renderSchemas } from "./render-schemas.ts";

const banner =
  "/** Generated from the OpenAPI document by `npm run generate:client`. Do not edit. */";

/** Returns the path and the text of each file. */
export const generatedFiles = async (): Promise<Map<string, string>> => {
  // The version of the service is not in the files.
  const { operations, components } = readOperations(openApiDocument("0.0.0"));
  return new Map([
    [pathOf("operations.ts"), await formatted(renderOperations(operations))],
    [pathOf("schemas.ts"), await formatted(await renderSchemas(operations, components))],
  ]);
};

const pathOf = (name: string): string =>
  fileURLToPath(new URL(`../../client/generated/${name}`, import.meta.url));

const formatted = (text: string): Promise<string> =>
  format(`${banner}\n${text}`, { parser: "typescript", printWidth: 100 });
