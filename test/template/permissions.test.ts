import type { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { resourcesOf, spoken, spokenName, synthesize } from "./synthesize.ts";

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
}

const policiesOf = (of: Template) =>
  resourcesOf(of, "AWS::IAM::Policy").map(({ properties }) => {
    const { PolicyDocument, Roles } = properties as unknown as {
      PolicyDocument: { Statement: Statement[] };
      Roles: unknown[];
    };
    return { roles: Roles.map(spoken), statements: PolicyDocument.Statement };
  });

const template = synthesize();
const policies = policiesOf(template);

/** Everything that a function's role allows, one `action on resource` a line. */
const allowed = (functionName: string, of: Template = template): string[] => {
  const target = resourcesOf(of, "AWS::Lambda::Function").find(
    ({ logicalId }) => spokenName(logicalId) === functionName,
  );
  const role = spoken(target?.properties["Role"]);
  return policiesOf(of)
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

/** What Lambda asks of the reader of a table's stream. */
const readingStreamOf = (table: string) => [
  `dynamodb:DescribeStream on ${table}`,
  `dynamodb:GetRecords on ${table}`,
  `dynamodb:GetShardIterator on ${table}`,
  `dynamodb:ListStreams on ${table}/stream/*`,
];

/** What Lambda and the function ask of the queue that feeds it. */
const takingFrom = (queue: string) => [
  `sqs:ChangeMessageVisibility on ${queue}`,
  `sqs:DeleteMessage on ${queue}`,
  `sqs:GetQueueAttributes on ${queue}`,
  `sqs:ReceiveMessage on ${queue}`,
];

/** Moves units between the rows of Stock and the records that own them. */
const moving = [
  "dynamodb:BatchGetItem on ReservationsTable",
  "dynamodb:GetItem on ReservationsTable",
  "dynamodb:GetItem on StockTable",
  "dynamodb:PutItem on ReservationsTable",
  "dynamodb:UpdateItem on ReservationsTable",
  "dynamodb:UpdateItem on StockTable",
];

const searchingHolds = "dynamodb:Query on ReservationsTable/index/byExpiry";

/** Reads the rows of a level together, adds rows and merges them. */
const spreading = ["dynamodb:BatchGetItem on StockTable", "dynamodb:PutItem on StockTable"];

const reserving = [
  ...moving,
  ...spreading,
  searchingHolds,
  "dynamodb:BatchGetItem on LocksTable",
  "dynamodb:UpdateItem on LocksTable",
];

const notifying = [
  "dynamodb:DeleteItem on LocksTable",
  "dynamodb:UpdateItem on LocksTable",
  "sqs:SendMessage on NotificationsDeadLetters",
  ...takingFrom("NotificationsQueue"),
];

/** What every function may do besides: write its own log, and be traced. */
const everyFunctions = (functionName: string) => [
  `logs:CreateLogStream on ${functionName}Logs`,
  `logs:PutLogEvents on ${functionName}Logs`,
  "xray:PutTelemetryRecords on *",
  "xray:PutTraceSegments on *",
];

describe("a function may do what its job needs, and nothing else:", () => {
  test.each([
    ["ReserveFunction", reserving],
    [
      "SweepFunction",
      [
        ...moving,
        searchingHolds,
        "dynamodb:BatchGetItem on StockTable",
        "dynamodb:PutItem on StockTable",
        "dynamodb:Scan on StockTable",
      ],
    ],
    [
      "AuditFunction",
      [
        "dynamodb:BatchGetItem on ReservationsTable",
        "dynamodb:BatchGetItem on StockTable",
        "dynamodb:GetItem on ReservationsTable",
        "dynamodb:GetItem on StockTable",
        "dynamodb:Query on MovementsTable/index/bySku",
        searchingHolds,
        "dynamodb:Scan on LocksTable",
        "dynamodb:Scan on MovementsTable",
        "dynamodb:Scan on ReservationsTable",
        "dynamodb:Scan on StockTable",
      ],
    ],
    // A hold that is changed, and one that is confirmed late, may take more units.
    ["ReservationsFunction", [...reserving, "dynamodb:Query on ReservationsTable/index/byOrder"]],
    [
      "StockFunction",
      [
        ...moving,
        ...spreading,
        searchingHolds,
        "dynamodb:Query on MovementsTable/index/bySku",
        "dynamodb:Scan on StockTable",
      ],
    ],
    [
      "PublishFunction",
      [
        ...readingStreamOf("ReservationsTable"),
        ...readingStreamOf("StockTable"),
        "dynamodb:BatchGetItem on ReservationsTable",
        "dynamodb:BatchGetItem on StockTable",
        "dynamodb:GetItem on StockTable",
        "dynamodb:Query on MovementsTable/index/bySku",
        "sns:Publish on InventoryEvents",
        "sqs:SendMessage on StreamDeadLetters",
      ],
    ],
    [
      "LedgerFunction",
      [
        ...readingStreamOf("StockTable"),
        "dynamodb:BatchWriteItem on MovementsTable",
        "sqs:SendMessage on StreamDeadLetters",
      ],
    ],
    [
      "SettleFunction",
      [...readingStreamOf("ReservationsTable"), ...moving, "sqs:SendMessage on StreamDeadLetters"],
    ],
    [
      "OrdersFunction",
      [...reserving, "sqs:SendMessage on OrdersDeadLetters", ...takingFrom("OrdersQueue")],
    ],
    ["NotifyFunction", notifying],
    ["ServiceFunction", []],
  ])("%s", (functionName, own) => {
    expect(allowed(functionName)).toEqual([...own, ...everyFunctions(functionName)].toSorted());
  });

  const identity = (name: string) =>
    `arn:AWS::Partition:ses:AWS::Region:AWS::AccountId:identity/${name}`;
  const tokenSecretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:redis-AbCdEf";
  const redis = { url: "https://redis.example.com", tokenSecretArn };
  const mailing = [
    `ses:SendEmail on ${identity("shop@example.com")}`,
    `ses:SendEmail on ${identity("example.com")}`,
  ];
  const readingToken = [`secretsmanager:GetSecretValue on ${tokenSecretArn}`];

  test.each([
    ["with a sender", { sender: "shop@example.com" }, mailing],
    [
      "with a sender and somebody else to be told",
      { sender: "shop@example.com", recipient: "team@elsewhere.example" },
      mailing,
    ],
    ["with a Redis", { redis }, readingToken],
    ["with both", { sender: "shop@example.com", redis }, [...mailing, ...readingToken]],
  ])("NotifyFunction %s", (_, notifications, more) => {
    expect(allowed("NotifyFunction", synthesize({ notifications }))).toEqual(
      [...notifying, ...more, ...everyFunctions("NotifyFunction")].toSorted(),
    );
  });

  test("no other function is given anything by a sender and a Redis", () => {
    const full = synthesize({ notifications: { sender: "shop@example.com", redis } });
    const others = resourcesOf(full, "AWS::Lambda::Function")
      .map(({ logicalId }) => spokenName(logicalId))
      .filter((name) => name !== "NotifyFunction");
    expect(others).toHaveLength(10);
    for (const name of others) expect(allowed(name, full)).toEqual(allowed(name));
  });
});

describe("the permissions as a whole", () => {
  const statements = policies.flatMap((policy) => policy.statements);

  test("no action is a wildcard", () => {
    const actions = statements.flatMap(({ Action }) => Action);
    expect(actions.filter((action) => action.includes("*"))).toEqual([]);
  });

  /** What the predicate finds, one `role: action on resource` a line. */
  const found = (isMeant: (action: string, resource: string) => boolean): string[] =>
    policies
      .flatMap(({ roles, statements: own }) =>
        own.flatMap(({ Action, Resource }) =>
          [Action].flat().flatMap((action) =>
            [Resource]
              .flat()
              .filter((resource) => isMeant(action, spoken(resource)))
              .map((resource) => `${roles.join()}: ${action} on ${spoken(resource)}`),
          ),
        ),
      )
      .toSorted();

  test("a function that finds holds in their index may read their records in batches", () => {
    const rolesWith = (permission: string) =>
      found(() => true).flatMap((line) => {
        const [role, rest] = line.split(": ");
        return rest === permission ? [role] : [];
      });
    const searching = rolesWith(searchingHolds);
    expect(searching).toContain("StockFunctionRole");
    const reading = rolesWith("dynamodb:BatchGetItem on ReservationsTable");
    expect(reading).toEqual(expect.arrayContaining(searching));
  });

  test("functions delete used messages and marks of notifications, and no other record", () => {
    expect(found((action) => action.includes("Delete"))).toEqual([
      "NotifyFunctionRole: dynamodb:DeleteItem on LocksTable",
      "NotifyFunctionRole: sqs:DeleteMessage on NotificationsQueue",
      "OrdersFunctionRole: sqs:DeleteMessage on OrdersQueue",
    ]);
  });

  test("no resource is a wildcard but X-Ray's, which knows none, and the streams of a table", () => {
    const onMany = found(
      (action, resource) => resource.includes("*") && !action.startsWith("xray:"),
    );
    expect(onMany).toEqual([
      "LedgerFunctionRole: dynamodb:ListStreams on StockTable/stream/*",
      "PublishFunctionRole: dynamodb:ListStreams on ReservationsTable/stream/*",
      "PublishFunctionRole: dynamodb:ListStreams on StockTable/stream/*",
      "SettleFunctionRole: dynamodb:ListStreams on ReservationsTable/stream/*",
    ]);
    const traced = found((action, resource) => resource === "*" && action.startsWith("xray:"));
    expect(traced).toHaveLength(2 * policies.length);
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
