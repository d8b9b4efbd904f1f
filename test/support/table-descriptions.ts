/** The tables of the template, as `CreateTable` takes them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import { App, RemovalPolicy, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { createTables } from "../../lib/tables.ts";

export type TableDescription = Omit<CreateTableCommandInput, "TableName">;

/** Returns the `Properties` of each table. A synthesis takes longer than to create the tables. */
export const synthesizeTables = (): TableDescription[] => {
  const outdir = mkdtempSync(join(tmpdir(), "holdfast-tables-"));
  try {
    const stack = new Stack(new App({ outdir }), "Tables");
    createTables(stack, { removalPolicy: RemovalPolicy.DESTROY });
    const tables = Template.fromStack(stack).findResources("AWS::DynamoDB::Table");
    return Object.values(tables).map(({ Properties }) => Properties as TableDescription);
  } finally {
    rmSync(outdir, { recursive: true });
  }
};
