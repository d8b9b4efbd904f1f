/**
 * The contexts (`-c name=value`, or `context` in cdk.json): one closed table of what is accepted and
 * what it is by default. A value out of it is refused with the key, the value and what is accepted.
 */
import { RemovalPolicy } from "aws-cdk-lib";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Node } from "constructs";
import {
  expiryPartitionsDefault,
  expiryPartitionsMax,
  refusalMemoryMsMax,
  retentionDaysDefault,
  unitsMax,
} from "../contract/bounds.ts";
import { lateOrderPayments } from "../contract/settings.ts";
import { multiItemStrategies } from "../contract/tables.ts";
import type { Authorization } from "./authorization.ts";
import { type HoldfastProps, throttleDefault } from "./holdfast.ts";
import { ContextError, contextKeys, createReader, type Reader } from "./context-reader.ts";
import { readNotifications, readTopic } from "./event-context.ts";

/** Far over what an account has before it asks AWS for more: a guard against a slip of the hand. */
const throttleRateMax = 100_000;
const throttleBurstMax = 50_000;

/** Ten years, as long as any bookkeeping asks for. */
const retentionDaysMax = 3_650;

/** What CloudWatch takes, in days. Logs that are kept for ever are not on offer. */
const logRetentions = Object.values(RetentionDays).filter(
  (value): value is RetentionDays => typeof value === "number" && value !== RetentionDays.INFINITE,
);

export const readContext = (node: Node): HoldfastProps => {
  refuseMisspelled(node);
  const context = createReader(node);
  return {
    authorization: readAuthorization(context),
    throttle: {
      ratePerSecond: context.wholeNumber(
        "throttleRatePerSecond",
        throttleRateMax,
        throttleDefault.ratePerSecond,
      ),
      burst: context.wholeNumber("throttleBurst", throttleBurstMax, throttleDefault.burst),
    },
    retentionDays: context.wholeNumber("retentionDays", retentionDaysMax, retentionDaysDefault),
    expiryPartitions: context.wholeNumber(
      "expiryPartitions",
      expiryPartitionsMax,
      expiryPartitionsDefault,
    ),
    refusalMemoryMs: context.wholeNumber("refusalMemoryMs", refusalMemoryMsMax, 0, { min: 0 }),
    fulfillOnConfirm: context.oneOf("fulfillOnConfirm", ["true", "false"], "false") === "true",
    lateOrderPayment: context.oneOf("lateOrderPayment", [...lateOrderPayments], "reacquire"),
    multiItemStrategy: context.oneOf("multiItemStrategy", [...multiItemStrategies], "optimistic"),
    logRetention: context.oneOf("logRetentionDays", logRetentions, RetentionDays.ONE_MONTH),
    removalPolicy:
      context.oneOf("removalPolicy", ["retain", "destroy"], "retain") === "destroy"
        ? RemovalPolicy.DESTROY
        : RemovalPolicy.RETAIN,
    lowStockThreshold: context.wholeNumber("lowStockThreshold", unitsMax, 0, { min: 0 }),
    notifications: readNotifications(context),
    ...readTopic(context, "orderEventsTopicArn"),
    ...readTopic(context, "alarmTopicArn"),
  };
};

const misspelled =
  /^(auth|jwt|throttle|retention|multi|expiryPart|refusal|fulfill?|late|logRetention|removal|orderEvent|lowStock|notification|redis|alarm)[a-z]*$/i;

/** What starts like a key of ours and is none would otherwise be passed over in silence. */
const refuseMisspelled = (node: Node): void => {
  const context = node.getAllContext() as Record<string, unknown>;
  for (const [key, value] of Object.entries(context)) {
    if (!misspelled.test(key)) continue;
    if (contextKeys.some((known) => known === key)) continue;
    throw new ContextError(
      key,
      value,
      `there is no such context; known are ${contextKeys.join(", ")}`,
    );
  }
};

const readAuthorization = (context: Reader): Authorization => {
  const mode = context.oneOf("auth", ["iam", "jwt", "none"], "iam");
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
