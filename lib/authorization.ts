/**
 * Who may call: how each route asks the caller who they are. The three modes are the closed set;
 * a route that is `open` asks nobody, whatever the mode.
 */
import {
  HttpNoneAuthorizer,
  type HttpRouteProps,
  type IHttpRouteAuthorizer,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpIamAuthorizer, HttpJwtAuthorizer } from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { type Route, scopeClaim } from "../contract/routes.ts";

export type Authorization =
  /** Callers sign their requests and need `execute-api:Invoke`. */
  | { mode: "iam" }
  /** Callers bring a token of this issuer, for one of these audiences, with the route's scope. */
  | { mode: "jwt"; issuer: string; audience: string[] }
  /** Nobody is asked. For a demonstration, or behind something that asks. */
  | { mode: "none" };

export type Access = Route["access"];

type RouteAuthorization = Pick<HttpRouteProps, "authorizer" | "authorizationScopes">;

/** One authorizer for the API, and from it what each kind of access asks for. */
export const routeAuthorizationFor = (
  authorization: Authorization,
): ((access: Access) => RouteAuthorization) => {
  const nobody = new HttpNoneAuthorizer();
  const authorizer = authorizerFor(authorization);
  return (access) => {
    if (access === "open") return { authorizer: nobody };
    // Only a token carries scopes; with IAM the caller's policy names the routes.
    if (authorization.mode !== "jwt" || access === "authenticated") return { authorizer };
    return { authorizer, authorizationScopes: [scopeClaim(access)] };
  };
};

const authorizerFor = (authorization: Authorization): IHttpRouteAuthorizer => {
  switch (authorization.mode) {
    case "iam":
      return new HttpIamAuthorizer();
    case "jwt":
      return new HttpJwtAuthorizer("JwtAuthorizer", authorization.issuer, {
        jwtAudience: authorization.audience,
      });
    case "none":
      return new HttpNoneAuthorizer();
  }
};
