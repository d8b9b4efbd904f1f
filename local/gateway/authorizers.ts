/**
 * Who may call a route, asked as the template says: nobody is asked, the caller's signature (here:
 * every caller on this machine, which is all who can reach us), or a token of the issuer.
 */
import type { IncomingMessage } from "node:http";
import type { RouteAuthorization } from "../assembly/read-api.ts";
import { localAccountId, localCredentials } from "../local-account.ts";
import { gatewayAnswer, type HttpAnswer } from "./response.ts";
import { createTokenVerifier } from "./token-verifier.ts";

/** What the event tells of the caller. */
export interface AuthorizerContext {
  iam?: Record<string, unknown>;
  jwt?: { claims: Record<string, string>; scopes: string[] | null };
}

/** What the event tells of the caller, or how the gateway refuses the call. */
export type Authorized = { caller?: AuthorizerContext } | { refusal: HttpAnswer };

/** Never rejects, and is synchronous where it can be: most routes are on the hot path. */
export type Authorizer = (request: IncomingMessage) => Authorized | Promise<Authorized>;

export const createAuthorizer = (authorization: RouteAuthorization): Authorizer => {
  switch (authorization.kind) {
    case "none":
      return () => nobodyIsAsked;
    case "iam":
      return () => everyoneOnThisMachine;
    case "jwt":
      return createTokenAuthorizer(authorization);
  }
};

const nobodyIsAsked: Authorized = {};

const everyoneOnThisMachine: Authorized = {
  caller: {
    iam: {
      accessKey: localCredentials.accessKeyId,
      accountId: localAccountId,
      callerId: "local",
      cognitoIdentity: null,
      principalOrgId: null,
      userArn: `arn:aws:iam::${localAccountId}:user/local`,
      userId: "local",
    },
  },
};

const createTokenAuthorizer = ({
  issuer,
  audience,
  scopes,
}: Extract<RouteAuthorization, { kind: "jwt" }>): Authorizer => {
  const verify = createTokenVerifier({ issuer, audience });
  const isWanted = new Set(scopes);
  return async (request) => {
    const token = /^(?:Bearer\s+)?(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (token === undefined) return unauthorized();
    const verified = await verify(token);
    if ("problem" in verified) return unauthorized(verified.problem);
    const { claims } = verified;
    const granted = scopesIn(claims);
    if (scopes.length > 0 && !granted.some((scope) => isWanted.has(scope))) return forbidden();
    const jwt = { claims: inWords(claims), scopes: scopes.length > 0 ? granted : null };
    return { caller: { jwt } };
  };
};

const unauthorized = (problem?: string): Authorized => {
  const reason =
    problem === undefined ? "" : ` error="invalid_token" error_description="${problem}"`;
  const headers = { "www-authenticate": `Bearer${reason}` };
  return { refusal: gatewayAnswer(401, "Unauthorized", headers) };
};

const forbidden = (): Authorized => {
  const headers = { "www-authenticate": 'Bearer error="insufficient_scope"' };
  return { refusal: gatewayAnswer(403, "Forbidden", headers) };
};

/** In `scope` as a text with spaces, or in `scp` as some issuers have it, there also as a list. */
const scopesIn = (claims: Record<string, unknown>): string[] => {
  const found = claims["scope"] ?? claims["scp"];
  if (Array.isArray(found)) return found.map(String);
  return typeof found === "string" ? found.split(" ").filter(Boolean) : [];
};

/** API Gateway hands every claim over as text, and a list as `[one two]`. */
const inWords = (claims: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(claims).map(([name, value]) => {
      if (Array.isArray(value)) return [name, `[${value.join(" ")}]`];
      return [name, typeof value === "string" ? value : JSON.stringify(value)];
    }),
  );
