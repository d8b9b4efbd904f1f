/** Verifies tokens against the keys that their issuer publishes, with the rules of API Gateway. */
import { createRemoteJWKSet, jwtVerify, type JWTVerifyGetKey } from "jose";

/** Either the claims, or what is wrong, in words that are safe in a header. */
export type Verified = { claims: Record<string, unknown> } | { problem: string };

/** API Gateway takes RSA alone: a token that passed here must pass there. */
const algorithms = ["RS256", "RS384", "RS512"];
const discoveryTimeoutMs = 5_000;

export const createTokenVerifier = (settings: {
  issuer: string;
  audience: readonly string[];
}): ((token: string) => Promise<Verified>) => {
  const { issuer, audience } = settings;
  const findKeys = rememberSuccess(() => discoverKeys(issuer));
  return async (token) => {
    let keys: JWTVerifyGetKey;
    try {
      keys = await findKeys();
    } catch {
      return { problem: "OIDC discovery endpoint communication error" };
    }
    try {
      const verified = await jwtVerify(token, keys, {
        issuer,
        algorithms,
        requiredClaims: ["exp"],
      });
      const claims: Record<string, unknown> = verified.payload;
      // jose compares `exp` and `nbf`, and `iat` only with a bound on the age of a token.
      if (Number(claims["iat"] ?? 0) > Date.now() / 1_000) {
        return { problem: "the token was issued in the future" };
      }
      // Some issuers name the client in place of an audience, and API Gateway takes it for one.
      const meantFor = [claims["aud"] ?? claims["client_id"]].flat();
      if (meantFor.some((one) => audience.includes(String(one)))) return { claims };
      return { problem: "the token is meant for another audience" };
    } catch (error) {
      return { problem: (error as Error).message.replaceAll(/[^\w .,:'()-]/g, "") };
    }
  };
};

const discoverKeys = async (issuer: string): Promise<JWTVerifyGetKey> => {
  const address = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const response = await fetch(address, { signal: AbortSignal.timeout(discoveryTimeoutMs) });
  const { jwks_uri: keysAddress } = (await response.json()) as { jwks_uri: string };
  return createRemoteJWKSet(new URL(keysAddress));
};

/** One call for all who wait for it; after a failure the next one tries again. */
const rememberSuccess = <Value>(call: () => Promise<Value>): (() => Promise<Value>) => {
  let pending: Promise<Value> | undefined;
  return () => {
    pending ??= call().catch((error: unknown) => {
      pending = undefined;
      throw error;
    });
    return pending;
  };
};
