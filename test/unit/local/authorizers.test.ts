import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from "jose";
import { describe, expect, it, onTestFinished } from "vitest";
import { echo } from "./fixture-app.ts";
import { sendRaw } from "../../support/send-raw.ts";
import { startGateway } from "./gateway-in-process.ts";

/** An issuer on this machine, with its keys where OpenID Connect has them. */
const startIssuer = async () => {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const key = { ...(await exportJWK(publicKey)), kid: "one", alg: "RS256", use: "sig" };
  let isDown = false;
  const server = createServer((request, response) => {
    if (isDown) return void response.writeHead(500).end();
    const keys = request.url === "/keys";
    response.end(JSON.stringify(keys ? { keys: [key] } : { issuer, jwks_uri: `${issuer}/keys` }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sign = (
    claims: Record<string, unknown> = {},
    { by = privateKey, alg = "RS256" }: { by?: CryptoKey; alg?: string } = {},
  ) => {
    const seconds = Math.floor(Date.now() / 1_000);
    return new SignJWT({ iss: issuer, aud: "shop", sub: "me", exp: seconds + 60, ...claims })
      .setProtectedHeader({ alg, kid: "one" })
      .sign(by);
  };
  const setDown = (next: boolean): void => {
    isDown = next;
  };
  return { issuer, sign, setDown };
};

const startWithTokens = async (issuer: string) => {
  const jwt = { AuthorizationType: "JWT", AuthorizerId: { Ref: "Jwt" } };
  const { endpoint } = await startGateway({
    functions: { Echo: echo },
    routes: [
      { key: "GET /open", function: "Echo", properties: { AuthorizationType: "NONE" } },
      { key: "GET /any", function: "Echo", properties: jwt },
      {
        key: "GET /stock",
        function: "Echo",
        properties: { ...jwt, AuthorizationScopes: ["stock.read", "stock.write"] },
      },
    ],
    resources: {
      Jwt: {
        Type: "AWS::ApiGatewayV2::Authorizer",
        Properties: {
          AuthorizerType: "JWT",
          IdentitySource: ["$request.header.Authorization"],
          JwtConfiguration: { Issuer: issuer, Audience: ["shop", "back-office"] },
        },
      },
    },
  });
  return (path: string, token?: string) =>
    sendRaw(endpoint, path, token === undefined ? {} : { headers: { authorization: token } });
};

describe("a route with a JWT authorizer", () => {
  it("tells the function the claims as text, and the scopes that were granted", async () => {
    const { issuer, sign } = await startIssuer();
    const call = await startWithTokens(issuer);
    const token = await sign({ scope: "openid stock.read", admin: true, groups: ["a", "b"] });
    const response = await call("/stock", `Bearer ${token}`);
    expect(response.status).toBe(200);
    const { jwt } = JSON.parse(response.body).event.requestContext.authorizer;
    expect(jwt.scopes).toEqual(["openid", "stock.read"]);
    expect(jwt.claims).toMatchObject({ iss: issuer, sub: "me", admin: "true", groups: "[a b]" });
    expect(jwt.claims.exp).toMatch(/^\d+$/);
  });

  it("takes scopes in scp, an audience in a list or as client_id, and no word Bearer", async () => {
    const { issuer, sign } = await startIssuer();
    const call = await startWithTokens(issuer);
    const accepted = [
      await sign({ scp: ["stock.write"] }),
      await sign({ scp: "stock.write other" }),
      await sign({ scope: "stock.read", aud: ["other", "back-office"] }),
      await sign({ scope: "stock.read", aud: undefined, client_id: "shop" }),
    ];
    for (const token of accepted) expect((await call("/stock", token)).status).toBe(200);
  });

  it("answers 401 without a token or with one that is not valid", async () => {
    const { issuer, sign } = await startIssuer();
    const call = await startWithTokens(issuer);
    const seconds = Math.floor(Date.now() / 1_000);
    const stranger = await generateKeyPair("RS256");
    const elliptic = await generateKeyPair("ES256");
    const refused = [
      undefined,
      "",
      "Bearer",
      "Bearer nonsense",
      "Basic dXNlcjpwYXNz",
      await sign({ exp: seconds - 1 }),
      await sign({ exp: undefined }),
      await sign({ nbf: seconds + 60 }),
      await sign({ iat: seconds + 60 }),
      await sign({ iss: "https://elsewhere.example" }),
      await sign({ aud: "other" }),
      await sign({ aud: undefined }),
      await sign({}, { by: stranger.privateKey }),
      await sign({}, { by: elliptic.privateKey, alg: "ES256" }),
    ];
    for (const token of refused) {
      const response = await call("/any", token);
      expect(response).toMatchObject({ status: 401, body: '{"message":"Unauthorized"}' });
      expect(response.headers["www-authenticate"]).toMatch(/^Bearer/);
    }
    expect((await call("/any", `Bearer ${await sign()}`)).status).toBe(200);
  });

  it("answers 403 when no scope of the token is one of the route's", async () => {
    const { issuer, sign } = await startIssuer();
    const call = await startWithTokens(issuer);
    for (const claims of [{}, { scope: "stock" }, { scp: ["reservations.read"] }]) {
      const response = await call("/stock", `Bearer ${await sign(claims)}`);
      expect(response).toMatchObject({ status: 403, body: '{"message":"Forbidden"}' });
    }
  });

  it("answers 401 while the issuer cannot be asked, and asks again", async () => {
    const { issuer, sign, setDown } = await startIssuer();
    const call = await startWithTokens(issuer);
    const token = `Bearer ${await sign()}`;
    setDown(true);
    const refused = await call("/any", token);
    expect(refused.status).toBe(401);
    expect(refused.headers["www-authenticate"]).toContain("communication error");
    setDown(false);
    expect((await call("/any", token)).status).toBe(200);
  });

  it("leaves the open routes of the same API open", async () => {
    const call = await startWithTokens("http://127.0.0.1:1");
    const response = await call("/open", "Bearer nonsense");
    expect(response.status).toBe(200);
    expect(JSON.parse(response.body).event.requestContext).not.toHaveProperty("authorizer");
  });
});

describe("a route with IAM", () => {
  it("accepts a caller on this machine, and tells the function who that is", async () => {
    const { endpoint } = await startGateway({
      routes: [{ key: "GET /a", function: "Echo", properties: { AuthorizationType: "AWS_IAM" } }],
    });
    const response = await sendRaw(endpoint, "/a");
    expect(JSON.parse(response.body).event.requestContext.authorizer.iam).toMatchObject({
      accountId: "000000000000",
      userId: "local",
    });
  });
});
