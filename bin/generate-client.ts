#!/usr/bin/env node
/**
 * `npm run generate:client`: writes the generated files of client/ from the OpenAPI document. A test fails
 * while they are out of date.
 */
import { writeFile } from "node:fs/promises";
import { generatedFiles } from "./generate-client/generated-files.ts";

for (const [path, text] of await generatedFiles()) await writeFile(path, text);
