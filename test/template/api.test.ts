import type { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { type Route, routes, scopeClaim } from "../../contract/routes.ts";
import type { Authorization } from "../../lib/authorization.ts";
import { throttleDefault } from "../../lib/holdfast.ts";
import { authorizations, resourcesOf, spoken, spokenName, synthesize } from "./synthesize.ts";

interface RouteProperties {
  RouteKey: string;
  Target: unknown;
  AuthorizationType: string;
  AuthorizationScopes?: string[];
  AuthorizerId?: unknown;
}

/** Route key to the function that answers it, by way of the integration. */
const functionsByRoute = (template: Template): Record<string, string> => {
  const functionOf = new Map(
    resourcesOf(template, "AWS::ApiGatewayV2::Integration").map((integration) => [
      spokenName(integration.logicalId),
      spoken(integration.properties["IntegrationUri"]),
    ]),
  );
  return Object.fromEntries(
    routesIn(template).map(({ RouteKey, Target }) => [
      RouteKey,
      functionOf.get(spoken(Target).replace("integrations/", "")) ?? "nothing",
    ]),
  );
};

const routesIn = (template: Template): RouteProperties[] =>
  resourcesOf(template, "AWS::ApiGatewayV2::Route").map(
    ({ properties }) => properties as unknown as RouteProperties,
  );

const contractRoutes: Route[] = Object.values(routes);
const routeKey = ({ method, path }: Route): string => `${method} ${path}`;
const title = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

describe("the routes", () => {
  test.each(authorizations)(
    "are those of the contract, and a fallback, with $mode",
    (authorization) => {
      const expected = contractRoutes.map((route) => [
        routeKey(route),
        `${title(route.function)}Function`,
      ]);
      expect(functionsByRoute(synthesize({ authorization }))).toEqual(
        Object.fromEntries([...expected, ["$default", "ServiceFunction"]]),
      );
    },
  );

  test("hand the functions payloads of format 2.0, one integration each", () => {
    const integrations = resourcesOf(synthesize(), "AWS::ApiGatewayV2::Integration");
    expect(integrations).toHaveLength(4);
    for (const { properties } of integrations) {
      expect(properties).toMatchObject({
        IntegrationType: "AWS_PROXY",
        PayloadFormatVersion: "2.0",
      });
    }
  });
});

/** What each route asks of a caller: `open`, `iam`, `token` or `token with <scope>`. */
const asked = (authorization: Authorization): Record<string, string> => {
  const template = synthesize({ authorization });
  return Object.fromEntries(routesIn(template).map((route) => [route.RouteKey, askedBy(route)]));
};

const askedBy = (route: RouteProperties): string => {
  switch (route.AuthorizationType) {
    case "NONE":
      return "open";
    case "AWS_IAM":
      return "iam";
    case "JWT":
      expect(spoken(route.AuthorizerId)).toBe("ApiJwtAuthorizer");
      return route.AuthorizationScopes ? `token with ${route.AuthorizationScopes.join()}` : "token";
    default:
      throw new Error(`an authorization that nobody planned: ${route.AuthorizationType}`);
  }
};

const expectedOfAll = (words: (access: Route["access"]) => string): Record<string, string> => ({
  ...Object.fromEntries(contractRoutes.map((route) => [routeKey(route), words(route.access)])),
  $default: words("authenticated"),
});

describe("the health check alone is open:", () => {
  const [iam, jwt, none] = authorizations as [Authorization, Authorization, Authorization];

  test("with IAM every other route wants a signed request", () => {
    expect(asked(iam)).toEqual(expectedOfAll((access) => (access === "open" ? "open" : "iam")));
    expect(Object.entries(asked(iam)).filter(([, words]) => words === "open")).toEqual([
      ["GET /v1/health", "open"],
    ]);
  });

  test("with JWT every other route wants a token, with the scope of its kind", () => {
    const expected = expectedOfAll((access) => {
      if (access === "open") return "open";
      return access === "authenticated" ? "token" : `token with ${scopeClaim(access)}`;
    });
    expect(asked(jwt)).toEqual(expected);
    expect(asked(jwt)).toMatchObject({
      "GET /v1/health": "open",
      "GET /openapi.json": "token",
      "POST /v1/reservations": "token with holdfast/reservations.write",
      $default: "token",
    });
  });

  test("with none no route asks for anything, and there is no authorizer", () => {
    expect(asked(none)).toEqual(expectedOfAll(() => "open"));
    expect(
      resourcesOf(synthesize({ authorization: none }), "AWS::ApiGatewayV2::Authorizer"),
    ).toEqual([]);
  });

  test("a token is taken from the Authorization header, of that issuer, for those audiences", () => {
    const authorizers = resourcesOf(
      synthesize({ authorization: jwt }),
      "AWS::ApiGatewayV2::Authorizer",
    );
    expect(authorizers).toHaveLength(1);
    expect(authorizers[0]?.properties).toMatchObject({
      AuthorizerType: "JWT",
      IdentitySource: ["$request.header.Authorization"],
      JwtConfiguration: { Issuer: "https://login.example.com/", Audience: ["holdfast", "shop"] },
    });
  });
});

/** The stage that there is, and no other. */
const stageOf = (template: Template) => {
  const stages = resourcesOf(template, "AWS::ApiGatewayV2::Stage");
  expect(stages).toHaveLength(1);
  return stages[0]?.properties as unknown as {
    AccessLogSettings: { DestinationArn: unknown; Format: string };
  };
};

describe("the stage", () => {
  test("is the default one, so that the address has no stage in it", () => {
    expect(stageOf(synthesize())).toMatchObject({ StageName: "$default", AutoDeploy: true });
  });

  test("is throttled, by the default or by what was asked", () => {
    expect(stageOf(synthesize())).toMatchObject({
      DefaultRouteSettings: {
        ThrottlingRateLimit: throttleDefault.ratePerSecond,
        ThrottlingBurstLimit: throttleDefault.burst,
      },
    });
    expect(stageOf(synthesize({ throttle: { ratePerSecond: 5, burst: 10 } }))).toMatchObject({
      DefaultRouteSettings: { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 },
    });
  });

  test("logs each access as JSON to a group of its own", () => {
    const { DestinationArn, Format } = stageOf(synthesize()).AccessLogSettings;
    expect(spoken(DestinationArn)).toMatch(/^AccessLogs$/);
    expect(JSON.parse(Format)).toMatchObject({
      requestId: "$context.requestId",
      ip: "$context.identity.sourceIp",
      route: "$context.routeKey",
      status: "$context.status",
      latencyMs: "$context.responseLatency",
      integrationError: "$context.integrationErrorMessage",
    });
  });

  test("logs no header, no token, no claim and no path with its SKU", () => {
    const { Format } = stageOf(synthesize()).AccessLogSettings;
    expect(Format).not.toMatch(/header|authorizer|claims|\$context\.path|querystring/i);
  });
});
