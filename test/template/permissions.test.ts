import { describe, expect, test } from "vitest";
import { resourcesOf, spoken, spokenName, synthesize } from "./synthesize.ts";

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
}

const template = synthesize();
const policies = resourcesOf(template, "AWS::IAM::Policy").map(({ properties }) => {
  const { PolicyDocument, Roles } = properties as unknown as {
    PolicyDocument: { Statement: Statement[] };
    Roles: unknown[];
  };
  return { roles: Roles.map(spoken), statements: PolicyDocument.Statement };
});

/** Everything that a function's role allows, one `action on resource` a line. */
const allowed = (functionName: string): string[] => {
  const target = resourcesOf(template, "AWS::Lambda::Function").find(
    ({ logicalId }) => spokenName(logicalId) === functionName,
  );
  const role = spoken(target?.properties["Role"]);
  return policies
    .filter(({ roles }) => roles.includes(role))
    .flatMap(({ statements }) => statements)
    .flatMap(({ Action, Resource }) =>
      [Action]
        .flat()
        .flatMap((action) =>
          [Resource].flat().map((resource) => `${action} on ${spoken(resource)}`),
        ),
    )
    .toSorted();
};

/** What every function may do besides: write its own log, and be traced. */
const everyFunctions = (functionName: string) => [
  `logs:CreateLogStream on ${functionName}Logs`,
  `logs:PutLogEvents on ${functionName}Logs`,
  "xray:PutTelemetryRecords on *",
  "xray:PutTraceSegments on *",
];

describe("a function may do what its job needs, and nothing else:", () => {
  test.each([
    [
      "ReserveFunction",
      [
        "dynamodb:BatchGetItem on LocksTable",
        "dynamodb:BatchGetItem on ReservationsTable",
        "dynamodb:BatchGetItem on StockTable",
        "dynamodb:DeleteItem on ReservationsTable",
        "dynamodb:GetItem on ReservationsTable",
        "dynamodb:PutItem on ReservationsTable",
        "dynamodb:Query on ReservationsTable/index/byExpiry",
        "dynamodb:UpdateItem on LocksTable",
        "dynamodb:UpdateItem on ReservationsTable",
        "dynamodb:UpdateItem on StockTable",
      ],
    ],
    [
      "SweepFunction",
      [
        "dynamodb:BatchGetItem on ReservationsTable",
        "dynamodb:DeleteItem on ReservationsTable",
        "dynamodb:PutItem on ReservationsTable",
        "dynamodb:Query on ReservationsTable/index/byExpiry",
        "dynamodb:UpdateItem on ReservationsTable",
        "dynamodb:UpdateItem on StockTable",
      ],
    ],
    [
      "AuditFunction",
      [
        "dynamodb:BatchGetItem on ReservationsTable",
        "dynamodb:GetItem on ReservationsTable",
        "dynamodb:GetItem on StockTable",
        "dynamodb:Query on ReservationsTable/index/byExpiry",
        "dynamodb:Scan on LocksTable",
        "dynamodb:Scan on ReservationsTable",
        "dynamodb:Scan on StockTable",
      ],
    ],
    [
      "ReservationsFunction",
      [
        "dynamodb:BatchGetItem on ReservationsTable",
        "dynamodb:GetItem on ReservationsTable",
        "dynamodb:PutItem on ReservationsTable",
        "dynamodb:Query on ReservationsTable/index/byOrder",
        "dynamodb:UpdateItem on ReservationsTable",
        "dynamodb:UpdateItem on StockTable",
      ],
    ],
    [
      "StockFunction",
      [
        "dynamodb:GetItem on MovementsTable",
        "dynamodb:GetItem on StockTable",
        "dynamodb:PutItem on MovementsTable",
        "dynamodb:Scan on StockTable",
        "dynamodb:UpdateItem on StockTable",
      ],
    ],
    ["ServiceFunction", []],
  ])("%s", (functionName, onTables) => {
    expect(allowed(functionName)).toEqual(
      [...onTables, ...everyFunctions(functionName)].toSorted(),
    );
  });
});

describe("the permissions as a whole", () => {
  const statements = policies.flatMap((policy) => policy.statements);

  test("no action is a wildcard", () => {
    const actions = statements.flatMap(({ Action }) => Action);
    expect(actions.filter((action) => action.includes("*"))).toEqual([]);
  });

  test("nothing but a half-written order may be deleted, by those who take it back", () => {
    const deleting = statements.filter(({ Action }) =>
      [Action].flat().some((action) => action.includes("Delete")),
    );
    expect(deleting.map(({ Resource }) => spoken(Resource))).toEqual([
      "ReservationsTable",
      "ReservationsTable",
    ]);
  });

  test("no resource is a wildcard but X-Ray's, which knows none", () => {
    const onEverything = statements.filter(({ Resource }) =>
      [Resource].flat().some((resource) => spoken(resource).includes("*")),
    );
    expect(new Set(onEverything.flatMap(({ Action }) => Action))).toEqual(
      new Set(["xray:PutTraceSegments", "xray:PutTelemetryRecords"]),
    );
  });

  test("each function has a role of its own, without policies that AWS manages", () => {
    const roles = resourcesOf(template, "AWS::IAM::Role");
    expect(roles).toHaveLength(resourcesOf(template, "AWS::Lambda::Function").length);
    for (const role of roles) {
      expect(role.properties).not.toHaveProperty("ManagedPolicyArns");
      expect(role.properties).not.toHaveProperty("Policies");
    }
  });

  const permissionsOf = (service: string) =>
    resourcesOf(template, "AWS::Lambda::Permission").filter(
      ({ properties }) => properties["Principal"] === `${service}.amazonaws.com`,
    );

  test("only this API and the schedules may invoke a function", () => {
    expect(resourcesOf(template, "AWS::Lambda::Permission")).toHaveLength(6);
    expect(permissionsOf("apigateway")).toHaveLength(4);
    expect(permissionsOf("events")).toHaveLength(2);
  });

  test("the API may by one permission for all routes of a function", () => {
    for (const { properties } of permissionsOf("apigateway")) {
      expect(properties).toMatchObject({
        Action: "lambda:InvokeFunction",
        Principal: "apigateway.amazonaws.com",
      });
      // `$default` calls with a stage and a route of two segments: `/*/*/*` would not match it.
      expect(spoken(properties["SourceArn"])).toMatch(/:execute-api:.*:Api\/\*$/);
    }
  });
});
