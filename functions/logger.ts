/**
 * Writes the log of a function: one JSON object for each line, in the format of Powertools for AWS
 * Lambda and with its environment variables. Powertools itself has features that no function uses:
 * with its metrics it was a tenth of a bundle. Tests compare the lines of both.
 */
import { Console } from "node:console";

/** Names that each line has. The compiler rejects a field with such a name. */
type Reserved = "level" | "message" | "timestamp" | "service" | "sampling_rate" | "xray_trace_id";

export type LogFields = { [name: string]: unknown } & { [Name in Reserved]?: never };

export interface Logger {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** From the least severe one. Lambda calls CRITICAL FATAL. */
const levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "CRITICAL", "SILENT"];

/**
 * Reads from `env` the level and the service. The log level of Lambda's own settings takes precedence
 * over the level of the stack.
 */
export const createLogger = (env: Record<string, string | undefined>): Logger => {
  const service = env["POWERTOOLS_SERVICE_NAME"]?.trim() || "service_undefined";
  const threshold = thresholdOf(env);
  const output = new Console({ stdout: process.stdout, stderr: process.stderr });

  const write = (level: "INFO" | "WARN" | "ERROR", message: string, fields: LogFields = {}) => {
    if (levels.indexOf(level) < threshold) return;
    const line = {
      level,
      message,
      timestamp: new Date().toISOString(),
      service,
      sampling_rate: 0,
      xray_trace_id: traceId(env),
      ...fields,
    };
    const filled = Object.entries(line).filter(([, value]) => value !== null && value !== "");
    const text = JSON.stringify(Object.fromEntries(filled), createReplacer());
    if (level === "INFO") output.info(text);
    else output.error(text);
  };

  return {
    info: (message, fields) => write("INFO", message, fields),
    warn: (message, fields) => write("WARN", message, fields),
    error: (message, fields) => write("ERROR", message, fields),
  };
};

function thresholdOf(env: Record<string, string | undefined>): number {
  const ofLambda = env["AWS_LAMBDA_LOG_LEVEL"]?.trim() ?? "";
  const ofStack = env["POWERTOOLS_LOG_LEVEL"]?.trim() ?? "";
  const known = [ofLambda === "FATAL" ? "CRITICAL" : ofLambda, ofStack, "INFO"];
  return levels.indexOf(known.find((level) => levels.includes(level))!);
}

/** The context of an invocation, as Lambda stores it when a function runs several at once. */
interface InvokeStoreHolder {
  awslambda?: { InvokeStore?: { getXRayTraceId(): string | undefined } };
}

/** The id of the trace: `Root=1-67…;Parent=…;Sampled=1` without the rest. */
function traceId(env: Record<string, string | undefined>): string | undefined {
  const store = (globalThis as InvokeStoreHolder).awslambda?.InvokeStore;
  const header = store?.getXRayTraceId() ?? env["_X_AMZN_TRACE_ID"]?.trim() ?? "";
  return header.includes("=") ? /(?:^|;)Root=([^;=]*)/.exec(header)?.[1] : header;
}

/** Writes errors with their causes, big integers as text, and nothing for what contains itself. */
function createReplacer() {
  const ancestors: { sent: object; written: unknown }[] = [];
  return function replace(this: unknown, _key: string, sent: unknown): unknown {
    if (typeof sent === "bigint") return sent.toString();
    if (typeof sent !== "object" || sent === null) return sent;
    while (ancestors.length > 0 && ancestors.at(-1)!.written !== this) ancestors.pop();
    if (ancestors.some((ancestor) => ancestor.sent === sent)) return undefined;
    const written = sent instanceof Error ? describeError(sent) : sent;
    ancestors.push({ sent, written });
    return written;
  };
}

function describeError(error: Error): object {
  const { name, message, stack, cause, ...attributes } = error;
  return { name, location: locationIn(stack), message, stack, cause, ...attributes };
}

/** File and line of the first frame with both. */
function locationIn(stack = ""): string {
  for (const frame of stack.split("\n")) {
    const [, file, line] = /\(([^()]*?):(\d+?):(\d+?)\)\\?$/.exec(frame) ?? [];
    if (file !== undefined) return `${file}:${Number(line)}`;
  }
  return "";
}
