/**
 * The HTTP API: the contract's routes, each to its function behind its authorizer, and one stage
 * with throttling and an access log. What no route matches goes to a function too, so that every
 * answer but the gateway's own refusals is ours.
 */
import { Annotations, Stack, Validations } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import {
  HttpApi,
  HttpMethod,
  HttpIntegrationType,
  HttpRoute,
  type HttpRouteIntegrationConfig,
  HttpRouteIntegration,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
  PayloadFormatVersion,
} from "aws-cdk-lib/aws-apigatewayv2";
import { ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { fallbackFunction, type FunctionName, type Route, routes } from "../contract/routes.ts";
import { type Authorization, routeAuthorizationFor } from "./authorization.ts";
import { createLogGroup, type LogSettings } from "./log-group.ts";

export interface Throttle {
  /** Requests a second that may go on for ever. */
  ratePerSecond: number;
  /** Requests that may arrive at once. */
  burst: number;
}

export interface ApiProps {
  functions: Record<FunctionName, IFunction>;
  authorization: Authorization;
  throttle: Throttle;
  logs: LogSettings;
}

/**
 * The integration of a function with every route that leads to it. CDK's own one grants one
 * permission per route, or one that `$default` does not match; here the function has one for the
 * whole API.
 */
class FunctionIntegration extends HttpRouteIntegration {
  readonly #function: IFunction;

  constructor(target: IFunction) {
    super("Integration");
    this.#function = target;
  }

  override bind(): HttpRouteIntegrationConfig {
    return {
      type: HttpIntegrationType.AWS_PROXY,
      uri: this.#function.functionArn,
      payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
    };
  }
}

export const createApi = (scope: Construct, props: ApiProps): HttpApi => {
  const { authorization, functions } = props;
  const api = new HttpApi(scope, "Api", {
    description: "Holdfast: inventory reservations",
    createDefaultStage: false,
  });
  createStage(scope, api, props);

  const authorizationOf = routeAuthorizationFor(authorization);
  const integrationOf = new Map<FunctionName, FunctionIntegration>();
  const called = new Set<FunctionName>([
    fallbackFunction,
    ...Object.values(routes).map((route) => route.function),
  ]);
  for (const name of called) {
    const target = functions[name];
    integrationOf.set(name, new FunctionIntegration(target));
    target.addPermission("InvokeByApi", {
      principal: new ServicePrincipal("apigateway.amazonaws.com"),
      sourceArn: executeArn(api),
    });
  }

  const addRoute = (id: string, key: HttpRouteKey, to: FunctionName, access: Route["access"]) => {
    const integration = integrationOf.get(to);
    if (!integration) throw new Error(`the route ${key.key} leads to no function: ${to}`);
    const route = new HttpRoute(scope, `${id}Route`, {
      httpApi: api,
      routeKey: key,
      integration,
      ...authorizationOf(access),
    });
    acknowledgeOpenRoute(route, access, authorization);
  };
  for (const [operationId, route] of Object.entries(routes)) {
    const id = `${operationId.charAt(0).toUpperCase()}${operationId.slice(1)}`;
    const key = HttpRouteKey.with(route.path, HttpMethod[route.method]);
    addRoute(id, key, route.function, route.access);
  }
  addRoute("Fallback", HttpRouteKey.DEFAULT, fallbackFunction, "authenticated");

  if (authorization.mode === "none") {
    Annotations.of(api).addWarningV2(
      "holdfast:open-api",
      "auth=none: anyone who learns the API's address can change stock. Use auth=iam or auth=jwt.",
    );
  }
  return api;
};

/** Every call of this API, whichever its stage, method and path: `$default` has but two segments. */
const executeArn = (api: HttpApi): string =>
  Stack.of(api).formatArn({ service: "execute-api", resource: api.apiId, resourceName: "*" });

const createStage = (scope: Construct, api: HttpApi, props: ApiProps): void => {
  new HttpStage(scope, "Stage", {
    httpApi: api,
    stageName: "$default",
    autoDeploy: true,
    throttle: { rateLimit: props.throttle.ratePerSecond, burstLimit: props.throttle.burst },
    accessLogSettings: {
      destination: new LogGroupLogDestination(createLogGroup(scope, "AccessLogs", props.logs)),
      format: AccessLogFormat.custom(JSON.stringify(accessLogFields)),
    },
  });
};

/** The route's pattern in place of the path, and no headers: the log names no SKU and no token. */
const accessLogFields = {
  time: "$context.requestTime",
  requestId: "$context.requestId",
  ip: "$context.identity.sourceIp",
  route: "$context.routeKey",
  status: "$context.status",
  latencyMs: "$context.responseLatency",
  integrationLatencyMs: "$context.integrationLatency",
  integrationStatus: "$context.integrationStatus",
  integrationError: "$context.integrationErrorMessage",
  gatewayError: "$context.error.message",
  responseBytes: "$context.responseLength",
};

const acknowledgeOpenRoute = (
  route: HttpRoute,
  access: Route["access"],
  authorization: Authorization,
): void => {
  const reason =
    access === "open"
      ? "Load balancers and monitors ask for the health without an identity; it reveals the version."
      : authorization.mode === "none"
        ? "auth=none was asked for by name, and the synthesis warns of it."
        : undefined;
  if (reason) Validations.of(route).acknowledge({ id: "AwsSolutions-APIG4", reason });
};
