/**
 * The contexts (`-c name=value`, or `context` in cdk.json): one closed table of what is accepted and
 * what it is by default. A value out of it is refused with the key, the value and what is accepted.
 */
import { RemovalPolicy } from "aws-cdk-lib";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Node } from "constructs";
import { retentionDaysDefault } from "../contract/bounds.ts";
import type { Authorization } from "./authorization.ts";
import { type HoldfastProps, throttleDefault } from "./holdfast.ts";

/** A context that cannot be used. Its message is for whoever typed the command. */
export class ContextError extends Error {
  override readonly name = "ContextError";

  constructor(key: string, value: unknown, accepted: string) {
    const found = value === undefined ? "is missing" : `is ${JSON.stringify(value)}`;
    super(`Context "${key}" ${found}: ${accepted}.`);
  }
}

const logRetentionDaysAccepted = Object.values(RetentionDays)
  .filter((value): value is RetentionDays => typeof value === "number")
  .filter((days) => days !== RetentionDays.INFINITE);

export const readContext = (node: Node): HoldfastProps => {
  const context = reader(node);
  const logRetention = context.wholeNumber("logRetentionDays", {
    fallback: RetentionDays.ONE_MONTH,
    accepted: logRetentionDaysAccepted,
  });
  return {
    authorization: readAuthorization(context),
    throttle: {
      ratePerSecond: context.wholeNumber("throttleRatePerSecond", {
        fallback: throttleDefault.ratePerSecond,
        max: 100_000,
      }),
      burst: context.wholeNumber("throttleBurst", { fallback: throttleDefault.burst, max: 50_000 }),
    },
    retentionDays: context.wholeNumber("retentionDays", {
      fallback: retentionDaysDefault,
      max: 3_650,
    }),
    logRetention,
    removalPolicy:
      context.oneOf("removalPolicy", ["retain", "destroy"]) === "destroy"
        ? RemovalPolicy.DESTROY
        : RemovalPolicy.RETAIN,
  };
};

const readAuthorization = (context: Reader): Authorization => {
  const mode = context.oneOf("auth", ["iam", "jwt", "none"]);
  const issuer = context.text("jwtIssuer");
  const audience = context.text("jwtAudience");
  if (mode !== "jwt") {
    // Whoever names an issuer believes that tokens are asked for: say that they are not.
    const accepted = `it is used with auth=jwt only, and auth is ${mode}`;
    if (issuer !== undefined) throw new ContextError("jwtIssuer", issuer, accepted);
    if (audience !== undefined) throw new ContextError("jwtAudience", audience, accepted);
    return { mode };
  }
  if (issuer === undefined || !isIssuer(issuer))
    throw new ContextError("jwtIssuer", issuer, issuerRule);
  const audiences = (audience ?? "").split(",").map((one) => one.trim());
  if (audiences.includes("")) throw new ContextError("jwtAudience", audience, audienceRule);
  return { mode, issuer, audience: audiences };
};

const issuerRule =
  "auth=jwt needs the https address of the token issuer, as its tokens have it in `iss`, " +
  "for example https://login.example.com/";
const audienceRule =
  "auth=jwt needs the audiences that a token may be meant for (`aud`), separated by commas, " +
  "for example holdfast,shop";

/** API Gateway takes https alone; the local run also verifies tokens of an issuer beside it. */
const isIssuer = (issuer: string): boolean => {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  if (!url || url.search || url.hash || url.username || /\s/.test(issuer)) return false;
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  return url.protocol === "https:" || (url.protocol === "http:" && local);
};

type Reader = ReturnType<typeof reader>;

type Bounds = { fallback: number } & ({ max: number } | { accepted: number[] });

/** Values come as text from the command line, and as JSON from cdk.json. */
const reader = (node: Node) => {
  const text = (key: string): string | undefined => {
    const value: unknown = node.tryGetContext(key);
    if (value === undefined) return undefined;
    if (typeof value === "string" || typeof value === "number") return String(value).trim();
    throw new ContextError(key, value, "it must be one text or number");
  };
  /** The first choice is what an absent context means. */
  const oneOf = <Choice extends string>(key: string, choices: readonly [Choice, ...Choice[]]) => {
    const value = text(key);
    const choice = value === undefined ? choices[0] : choices.find((one) => one === value);
    if (choice !== undefined) return choice;
    throw new ContextError(
      key,
      value,
      `accepted are ${choices.join(", ")}; ${choices[0]} when absent`,
    );
  };
  const wholeNumber = (key: string, bounds: Bounds): number => {
    const value = text(key);
    if (value === undefined) return bounds.fallback;
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if ("max" in bounds) {
      if (number >= 1 && number <= bounds.max) return number;
      const range = `a whole number from 1 to ${bounds.max} is accepted`;
      throw new ContextError(key, value, `${range}; ${bounds.fallback} when absent`);
    }
    if (bounds.accepted.includes(number)) return number;
    const list = `CloudWatch accepts ${bounds.accepted.join(", ")}`;
    throw new ContextError(key, value, `${list}; ${bounds.fallback} when absent`);
  };
  return { text, oneOf, wholeNumber };
};
