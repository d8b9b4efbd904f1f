/** The HTTP API of the template: its stage, its routes, and who may call each. */
import { LocalRunError } from "../local-run-error.ts";
import type { Resolver } from "./intrinsics.ts";

/** The closed set of authorizers that are honoured here. */
export type RouteAuthorization =
  | { kind: "none" }
  | { kind: "iam" }
  | { kind: "jwt"; issuer: string; audience: string[]; scopes: string[] };

export interface RouteDescription {
  /** For example `GET /v1/stock/{sku}`, or `$default`. */
  routeKey: string;
  functionId: string;
  /** How long the gateway waits for the function. */
  timeoutMs: number;
  authorization: RouteAuthorization;
}

export interface ApiDescription {
  apiId: string;
  stageName: string;
  routes: RouteDescription[];
}

interface RouteProperties {
  RouteKey: string;
  Target?: string;
  AuthorizationType?: string;
  AuthorizerId?: string;
  AuthorizationScopes?: string[];
}

interface IntegrationProperties {
  IntegrationType: string;
  IntegrationUri?: string;
  PayloadFormatVersion?: string;
  TimeoutInMillis?: number;
}

interface AuthorizerProperties {
  AuthorizerType: string;
  IdentitySource?: string[];
  JwtConfiguration?: { Issuer?: string; Audience?: string[] };
}

/** API Gateway's own. */
const integrationTimeoutMsDefault = 30_000;

const refusal = (message: string): LocalRunError => new LocalRunError("assembly", message);

export const readApi = (
  resolver: Resolver,
  functions: readonly { logicalId: string; arn: string }[],
): ApiDescription => {
  const apiId = onlyOne(resolver, "AWS::ApiGatewayV2::Api");
  const stageId = onlyOne(resolver, "AWS::ApiGatewayV2::Stage");
  const stage = resolver.read<{ StageName: string }>(stageId, ["StageName"]);
  const routes = resolver.idsOf("AWS::ApiGatewayV2::Route").map((id) => {
    const route = resolver.read<RouteProperties>(id, [
      "RouteKey",
      "Target",
      "AuthorizationType",
      "AuthorizerId",
      "AuthorizationScopes",
    ]);
    const integrationId = /^integrations\/(.+)$/.exec(route.Target ?? "")?.[1];
    if (integrationId === undefined) throw refusal(`The route ${route.RouteKey} leads nowhere.`);
    return {
      routeKey: route.RouteKey,
      ...readIntegration(resolver, integrationId, functions),
      authorization: readAuthorization(resolver, route),
    };
  });
  return { apiId, stageName: stage.StageName, routes };
};

const onlyOne = (resolver: Resolver, type: string): string => {
  const [id, ...others] = resolver.idsOf(type);
  if (id !== undefined && others.length === 0) return id;
  const count = id === undefined ? 0 : others.length + 1;
  throw refusal(`The template must have exactly one ${type}, and has ${count}.`);
};

const readIntegration = (
  resolver: Resolver,
  id: string,
  functions: readonly { logicalId: string; arn: string }[],
): { functionId: string; timeoutMs: number } => {
  const integration = resolver.read<IntegrationProperties>(id, [
    "IntegrationType",
    "IntegrationUri",
    "PayloadFormatVersion",
    "TimeoutInMillis",
  ]);
  const { IntegrationType: type, PayloadFormatVersion: version } = integration;
  if (type !== "AWS_PROXY" || version !== "2.0") {
    const found = `it is ${type} with payload format ${version}`;
    throw refusal(`The integration ${id} must be AWS_PROXY with payload format 2.0: ${found}.`);
  }
  // The address is the function's own, or API Gateway's with the function's inside.
  const [, uri = ""] = /(arn:[^/]*:lambda:[^/]*)(\/invocations)?$/.exec(
    integration.IntegrationUri ?? "",
  ) ?? [""];
  const target = functions.find(({ arn }) => arn === uri);
  if (!target) throw refusal(`The integration ${id} leads to no function of the template.`);
  const timeoutMs = integration.TimeoutInMillis ?? integrationTimeoutMsDefault;
  return { functionId: target.logicalId, timeoutMs };
};

const readAuthorization = (resolver: Resolver, route: RouteProperties): RouteAuthorization => {
  const { AuthorizationType: type = "NONE", AuthorizerId: id } = route;
  if (type === "NONE") return { kind: "none" };
  if (type === "AWS_IAM") return { kind: "iam" };
  if (type === "JWT" && id !== undefined) {
    const authorizer = resolver.read<AuthorizerProperties>(id, [
      "AuthorizerType",
      "IdentitySource",
      "JwtConfiguration",
    ]);
    const { Issuer: issuer, Audience: audience = [] } = authorizer.JwtConfiguration ?? {};
    const source = authorizer.IdentitySource?.join() ?? "$request.header.Authorization";
    if (authorizer.AuthorizerType === "JWT" && issuer !== undefined) {
      if (source.toLowerCase() === "$request.header.authorization") {
        return { kind: "jwt", issuer, audience, scopes: route.AuthorizationScopes ?? [] };
      }
      throw refusal(
        `The authorizer ${id} takes its token from ${source}; here it is the Authorization header.`,
      );
    }
  }
  throw refusal(
    `The route ${route.RouteKey} has the authorization ${type}; ` +
      "NONE, AWS_IAM and JWT are honoured here.",
  );
};
